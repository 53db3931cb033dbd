import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./scripts/summary-reporter.ts";

const summaryFile = process.env.TEST_SUMMARY_FILE;

/** One configuration and one run for every test of the repository. */
export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/test/**/*.test.ts", "{bench/test,test}/**/*.test.ts"],
    pool: "forks",
    // No code that runs here may set or read an object's prototype by a key that a message could hold.
    execArgv: ["--disable-proto=throw"],
    maxWorkers: 2,
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ["default", ...(summaryFile ? [new SummaryReporter(summaryFile)] : [])],
  },
});
