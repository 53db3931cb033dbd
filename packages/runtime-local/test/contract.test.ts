import { testRuntime } from "@omg/runtime-testkit";
import { describe, test } from "vitest";
import localRuntime from "../src/index.ts";
import { processesWith } from "./helpers.ts";

describe("runtime-local keeps the contract", () => {
  testRuntime(
    {
      createRuntime: () => localRuntime(),
      server: ({ file, args }) => ({ command: process.execPath, args: [file, ...args] }),
      brokenServer: () => ({
        options: { command: "no-such-command" },
        message: /"no-such-command" was not found in PATH/,
      }),
      badOptions: () => ({ options: { command: 7 }, key: "command" }),
      leftovers: async (owner) => processesWith(`OMG_OWNER=${owner}`).map((pid) => `process ${pid}`),
      addsEnv: ["OMG_INSTANCE", "OMG_OWNER", "OMG_SERVER"],
    },
    { test },
  );
});
