/** Runs checks one by one, prints a line for each, and counts. */
export interface Checks {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Gives the value of the check, or `undefined` if it failed. */
  check<Value>(name: string, body: () => Value | Promise<Value>): Promise<Value | undefined>;
  /** Counts a check that can not be made here. */
  skip(name: string, reason: string): void;
}

export function createChecks(print: (line: string) => void): Checks {
  let passed = 0;
  let failed = 0;
  const skipped: { name: string; reason: string }[] = [];
  return {
    get passed() {
      return passed;
    },
    get failed() {
      return failed;
    },
    skipped,
    skip(name, reason) {
      skipped.push({ name, reason });
      print(`skip  ${name}: ${reason}`);
    },
    async check(name, body) {
      try {
        const value = await body();
        passed++;
        print(`ok    ${name}`);
        return value;
      } catch (error) {
        failed++;
        print(`FAIL  ${name}\n${indent(error instanceof Error ? error.message : String(error))}`);
        return undefined;
      }
    },
  };
}

/** Fails a check with the findings, if there are any. */
export function expectNone(findings: readonly string[]): void {
  if (findings.length > 0) throw new Error(findings.join("\n"));
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}
