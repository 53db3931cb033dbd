import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import wabt from "wabt";
import { OmgError, parseFrame } from "../src/runtime/index.ts";
import { JsonScanner, scannerOf } from "../src/runtime/json-scanner.ts";
import { readIn } from "../src/runtime/scan-memory.ts";

/** Enough for a text to be scanned by vector instructions. */
const PADDING = " ".repeat(16 * 1024);
const source = new URL("../src/runtime/plain-run.wat", import.meta.url);

/** What becomes of a text in two pieces: where its value stands, or why it is refused. */
function judged(text: string, makeScanner: (pieces: readonly Buffer[]) => JsonScanner): unknown {
  const bytes = Buffer.from(text + PADDING);
  const scanner = makeScanner([bytes.subarray(0, text.length / 2), bytes.subarray(text.length / 2)]);
  try {
    const span = scanner.skip();
    scanner.end();
    return span;
  } catch (error) {
    if (OmgError.is(error)) return error.message;
    throw error;
  }
}

const inPlace = (text: string) => judged(text, (pieces) => new JsonScanner(Buffer.concat(pieces)));
const inMemory = (text: string) => judged(text, scannerOf);

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
