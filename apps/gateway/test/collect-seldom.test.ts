import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";

const source = new URL("../src/machine/collect-seldom.ts", import.meta.url).href;

/** How often everything is collected while 800 times 1 MB comes and goes, 10 MB being in use. */
function collections(limitMb: number): number {
  const program = `
    const { collectSeldom } = await import(${JSON.stringify(source)});
    collectSeldom();
    const inUse = Array.from({ length: 100_000 }, (_, index) => ({ index, text: "x" + index }));
    const latest = [];
    for (let round = 0; round < 800; round++) {
      latest[round % 8] = Buffer.alloc(1024 * 1024, round);
      if (round % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(inUse.length + latest.length > 0);
  `;
  const flags = ["--trace-gc", `--max-old-space-size=${limitMb}`, "--input-type=module", "--eval", program];
  const output = execFileSync(process.execPath, flags, { encoding: "utf8" });
  expect(output).not.toContain("unrecognized flag");
  return output.match(/Mark-Compact/g)?.length ?? 0;
}

describe("everything is collected", () => {
  test("less often than V8 would by itself, but not where memory is scarce", () => {
    const [scarce, ample] = [collections(512), collections(2_048)];
    expect(ample).toBeLessThan(scarce);
  });
});
