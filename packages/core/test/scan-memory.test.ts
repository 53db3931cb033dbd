import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import wabt from "wabt";
import { isBatch } from "../src/runtime/batch.ts";
import { mentions } from "../src/runtime/frame.ts";
import { OmgError, parseFrame, rewriteFrame } from "../src/runtime/index.ts";
import { JsonScanner } from "../src/runtime/json-scanner.ts";
import { readIn, scannerOf } from "../src/runtime/scan-memory.ts";

/** Enough for a text to be scanned by vector instructions. */
const PADDING = " ".repeat(16 * 1024);
const source = new URL("../src/runtime/plain-run.wat", import.meta.url);

/** Where the value of a text stands, or why the text is refused. */
function judged(scanner: JsonScanner): unknown {
  try {
    const span = scanner.skip();
    scanner.end();
    return span;
  } catch (error) {
    if (OmgError.is(error)) return error.message;
    throw error;
  }
}

/** A text in two pieces. */
function halves(text: string): Buffer[] {
  const bytes = Buffer.from(text + PADDING);
  return [bytes.subarray(0, text.length / 2), bytes.subarray(text.length / 2)];
}

const inPlace = (text: string) => judged(new JsonScanner(Buffer.concat(halves(text))));
const inMemory = (text: string) => judged(scannerOf(halves(text)));

describe("a long text", () => {
  const hard = [
    '"',
    "\\",
    "\\\\",
    '\\"',
    "\\/",
    "\\n",
    "\\x",
    "\\u",
    "\\u00e9",
    "\\u00e",
    "\\uD83d",
    "\0",
    "\n",
    "\x1f",
    "\x7f",
    "é",
    "😀",
  ];

  test.each(hard)("is scanned alike in memory with %j at any place of it", (piece) => {
    for (let place = 60; place < 200; place++) {
      const text = `"${"a".repeat(place)}${piece}${"z".repeat(150)}"`;
      expect(inMemory(text)).toEqual(inPlace(text));
    }
  });

  test.each(Array.from({ length: 256 }, (_, byte) => byte))("with the byte %i behind a backslash", (byte) => {
    for (const place of [100, 126, 127, 128]) {
      const text = `"${"a".repeat(place)}\\${String.fromCharCode(byte)}${"0".repeat(150)}"`;
      expect(inMemory(text)).toEqual(inPlace(text));
    }
  });

  test("with backslashes of any number in a row", () => {
    for (let place = 60; place < 130; place += 7) {
      for (let count = 1; count < 200; count++) {
        const text = `"${"a".repeat(place)}${"\\".repeat(count)}${"n".repeat(150)}"`;
        expect(inMemory(text)).toEqual(inPlace(text));
      }
    }
  });

  test("of any kind", () => {
    const part = fc.oneof(
      fc.constantFrom(...hard),
      fc.constantFrom("a".repeat(63), "\\\\".repeat(40), "é".repeat(9)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const text = `"${"a".repeat(70)}${parts.join("")}${"z".repeat(70)}"`;
        expect(inMemory(text)).toEqual(inPlace(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("and its message says the same, in whatever pieces it comes", () => {
    const text = `{"result":{"text":"${'line \\"of\\" text\\n'.repeat(80_000)}"},"jsonrpc":"2.0","id":"an id"}`;
    const bytes = Buffer.from(text);
    const pieces = Array.from({ length: 20 }, (_, index) =>
      bytes.subarray(index * 64_000, (index + 1) * 64_000),
    );
    const frame = parseFrame(...pieces, bytes.subarray(20 * 64_000));
    expect(frame.head).toEqual(parseFrame(bytes).head);
    expect(frame.spans).toEqual(parseFrame(bytes).spans);
    expect(frame.head.id).toBe("an id");
    expect(frame.bytes.equals(bytes)).toBe(true);
    // What was read before is not in its way.
    readIn([Buffer.alloc(100_000, "x")], 100_000);
    expect(frame.value()).toEqual(JSON.parse(text));
  });
});

test("a long text that ends or breaks off anywhere is judged alike, whatever was in memory before", () => {
  // Might go on with either: it is a hex digit, and may follow a backslash.
  const before = Buffer.alloc(30_000, "b");
  const last = '\\u00e9c\\\\\\"\\n"';
  for (let shift = 0; shift < 64; shift++) {
    const text = `"${"a".repeat(20_000 + shift)}${last}`;
    for (let length = text.length - last.length; length <= text.length; length++) {
      for (const rest of ["", "z".repeat(20), '"'.padEnd(64)]) {
        readIn([before], before.length);
        const bytes = Buffer.from(text.slice(0, length) + rest);
        expect(judged(scannerOf([bytes]))).toEqual(judged(new JsonScanner(bytes)));
      }
    }
  }
});

test.each([
  ["no escapes", "a"],
  ["an escape of each kind", '\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uABCD'],
  ["letters of two bytes", "é"],
])("a run goes on over %s", (_, part) => {
  const bytes = Buffer.from(part.repeat(20_000));
  const end = readIn([bytes], bytes.length)?.endOfPlainRun(0) ?? 0;
  expect(end).toBeGreaterThan(bytes.length - 64);
});

describe("a message in pieces", () => {
  const filler = fc.constantFrom(
    "x".repeat(20_000),
    'line \\"of\\" text\\n'.repeat(1_500),
    "é€😀".repeat(3_000),
  );
  const cuts = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 3 });

  test("is rewritten as if it came in one, wherever it is cut", () => {
    fc.assert(
      fc.property(
        filler,
        cuts,
        fc.boolean(),
        fc.oneof(fc.nat(), fc.string()),
        (text, places, isFirst, id) => {
          const head = `"id":"the id of it"`;
          const result = `"result":{"text":"${text}"}`;
          const members = isFirst ? [head, `"jsonrpc":"2.0"`, result] : [result, `"jsonrpc":"2.0"`, head];
          const bytes = Buffer.from(`{${members.join(",")}}`);
          // About the id, wherever it is.
          const at = places
            .map((place) => (isFirst ? place : bytes.length - 1 - place))
            .sort((a, b) => a - b);
          const pieces = [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
          const [whole, cut] = [parseFrame(bytes), parseFrame(...pieces)];
          const rewritten = rewriteFrame(cut, { id });
          expect(Buffer.concat(rewritten.pieces).equals(rewriteFrame(whole, { id }).bytes)).toBe(true);
          expect(rewriteFrame(rewritten, { id: "the id of it" }).bytes.equals(bytes)).toBe(true);
          if (pieces.some(({ length }) => length < 16)) return;
          for (const words of ["the id of it", '"jsonrpc":"2.0"', "not in there"])
            expect(mentions(cut, words)).toBe(mentions(whole, words));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is a batch by its first character, in whatever piece that is", () => {
    const cut = (...texts: string[]) => isBatch(...texts.map((text) => Buffer.from(text)));
    expect([cut(" ", "\n[", "]"), cut(" ", "{[", "]"), cut(" ", "\t"), cut()]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("of more than can be read in is joined once", () => {
    const bytes = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"text":"${"x".repeat(5_000_000)}"}}`);
    const frame = parseFrame(bytes.subarray(0, 3_000_000), bytes.subarray(3_000_000));
    expect(frame.pieces).toHaveLength(1);
    expect(frame.bytes.equals(bytes)).toBe(true);
  });
});

test.each([[16 * 1024 - 1], [4 * 1024 * 1024 + 1]])("a text of %i bytes is read where it is", (length) => {
  expect(readIn([Buffer.alloc(length)], length)).toBeUndefined();
});

test("where code can not be made at run time, long messages are read where they are", async () => {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", undefined);
  const fresh = await import("../src/runtime/scan-memory.ts");
  expect(fresh.readIn([Buffer.alloc(100_000)], 100_000)).toBeUndefined();
  vi.unstubAllGlobals();
});

test("the module is what its source says", async () => {
  const module = (await wabt()).parseWat("plain-run.wat", await readFile(source), { simd: true });
  module.validate();
  const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
  const text = `// Made of plain-run.wat by \`vitest run scan-memory --update\`.
const base64 =
  "${base64}";

/** What looks at many bytes at once, compiled for WebAssembly. */
export const plainRunModule: Uint8Array<ArrayBuffer> = Uint8Array.from(Buffer.from(base64, "base64"));
`;
  await expect(text).toMatchFileSnapshot("../src/runtime/plain-run.wasm.ts");
});
