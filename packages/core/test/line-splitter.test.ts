import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineSplitter } from "../src/runtime/line-splitter.ts";

/** The lines of some chunks, and what is pending at their end. */
function split(chunks: readonly Buffer[]): { lines: string[]; rest: string; pendingBytes: number } {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for (const chunk of chunks) splitter.push(chunk, (line) => lines.push(Buffer.concat(line).toString()));
  const { pendingBytes } = splitter;
  return { lines, pendingBytes, rest: Buffer.concat(splitter.flush()).toString() };
}

function splitText(...chunks: string[]) {
  return split(chunks.map((chunk) => Buffer.from(chunk)));
}

describe("a stream is cut into lines", () => {
  test.each([
    [["a\nb\n"], ["a", "b"], ""],
    [["a", "b", "\nc", "\n\n"], ["ab", "c", ""], ""],
    [["a\r\nb\r", "\nc\r"], ["a", "b"], "c"],
    [["a\rb\n\r\n"], ["a\rb", ""], ""],
    [["a\nlast"], ["a"], "last"],
    [[""], [], ""],
  ])("%j", (chunks, lines, rest) => {
    expect(splitText(...chunks)).toMatchObject({ lines, rest });
  });

  test("the same way wherever it is cut into chunks", () => {
    const pieces = fc.constantFrom("\n", "\r\n", "\r", "a", "é", "😀", "long ".repeat(50));
    fc.assert(
      fc.property(fc.array(pieces), fc.array(fc.nat()), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""));
        const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const whole = bytes.toString().split("\n");
        const { lines, rest, pendingBytes } = split(chunks);
        const ended = [...lines, rest];
        expect(ended).toEqual(whole.map((line) => line.replace(/\r$/, "")));
        expect(pendingBytes).toBe(Buffer.byteLength(whole.at(-1) ?? ""));
      }),
      { numRuns: 500 },
    );
  });

  test("also when it comes byte by byte", () => {
    const text = `${"é😀x".repeat(2_000)}\r\nb`;
    const chunks = [...Buffer.from(text)].map((byte) => Buffer.of(byte));
    expect(split(chunks)).toEqual({ lines: ["é😀x".repeat(2_000)], rest: "b", pendingBytes: 1 });
  });

  test.each([
    ["as they came", [4_096, 70_000, 3], [4_096, 70_000, 3]],
    ["as a whole with a short one among them", [4_096, 4_095, 9_000], [17_191]],
  ])("in long pieces %s", (_, sizes, expected) => {
    for (const end of ["\n", "\r\n", "\r|\n"]) {
      const parts = end.split("|");
      const text = sizes.map((size, index) => Buffer.alloc(size, `${index}`));
      const chunks = [
        ...text.slice(0, -1),
        Buffer.concat([text.at(-1) as Buffer, Buffer.from(parts[0] ?? "")]),
      ];
      const lines: (readonly Buffer[])[] = [];
      const splitter = new LineSplitter();
      for (const chunk of [...chunks, Buffer.from(parts[1] ?? "")])
        splitter.push(chunk, (line) => lines.push(line));
      expect(lines.map((line) => line.map(({ length }) => length).filter(Boolean))).toEqual([expected]);
      expect(Buffer.concat(lines.flat()).equals(Buffer.concat(text))).toBe(true);
    }
  });

  test("and starts over after a line was given up", () => {
    const splitter = new LineSplitter();
    for (let count = 0; count < 3_000; count++) splitter.push(Buffer.from("ab"), () => {});
    expect(Buffer.concat(splitter.flush()).toString()).toBe("ab".repeat(3_000));
    expect(splitter.pendingBytes).toBe(0);
    expect(Buffer.concat(splitter.flush()).toString()).toBe("");
  });
});

test("a line that comes byte by byte costs little more than its bytes", () => {
  const splitter = new LineSplitter();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 1_000_000; count++) splitter.push(Buffer.of(0x61), () => {});
  // Generous: a million buffers take more than 90 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
  expect(splitter.pendingBytes).toBe(1_000_000);
});
