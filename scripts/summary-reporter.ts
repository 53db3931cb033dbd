import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** What one run of the tests came to. */
export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Writes the counts of a test run to a file, with what was skipped and why. A file that can not load counts as failed. */
export class SummaryReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    writeFileSync(
      this.#file,
      `${JSON.stringify(summarize(modules, unhandledErrors.length), undefined, 2)}\n`,
    );
  }
}

function summarize(modules: readonly TestModule[], unhandledErrors: number): TestSummary {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const states = tests.map((test) => test.result().state);
  // A module fails for its tests, too: only those that broke outside of any test count by themselves.
  const broken = modules.filter(
    (module) =>
      module.state() !== "passed" &&
      module.state() !== "skipped" &&
      ![...module.children.allTests("failed")].length,
  );
  return {
    passed: states.filter((state) => state === "passed").length,
    failed:
      states.filter((state) => state === "failed" || state === "pending").length +
      broken.length +
      unhandledErrors,
    skipped: tests.flatMap((test) => {
      const result = test.result();
      if (result.state !== "skipped") return [];
      return [
        {
          name: `${test.module.relativeModuleId} > ${test.fullName}`,
          reason: result.note ?? test.options.mode,
        },
      ];
    }),
  };
}
