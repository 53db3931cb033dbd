import { openBench } from "./bench.ts";
import { rules } from "./rules.ts";
import type { ContractRule, RuntimeSubject, TestFunction } from "./subject.ts";

const leastTestMs = 30_000;

/**
 * Registers one test for each rule of the contract, K1 to K17. A rule that can not be seen on this runtime is
 * registered as skipped, with the reason in its name.
 */
export function testRuntime(subject: RuntimeSubject, { test }: { readonly test: TestFunction }): void {
  const { startMs = 0, stopMs = 0 } = subject;
  const testMs = Math.max(leastTestMs, 2 * (startMs + stopMs));
  for (const rule of rules) {
    const name = `${rule.number} ${rule.says}`;
    const reason = subject.skip?.[rule.number] ?? impliedReason(rule.number, subject);
    if (reason !== undefined) {
      const skip = test.skip ?? test;
      skip(`${name} (skipped: ${reason})`, async () => {});
      continue;
    }
    test(
      name,
      async () => {
        await using bench = openBench(subject);
        await rule.check(bench, subject);
      },
      testMs,
    );
  }
}

function impliedReason(rule: ContractRule, subject: RuntimeSubject): string | undefined {
  if (rule === "K14" && subject.createRuntime().sweep === undefined)
    return "the runtime has no sweep: nothing of it can be left";
  if (rule === "K17" && subject.away === undefined) return "its place is never away";
  return undefined;
}
