import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameOf, OmgError, parseFrame, rewriteFrame } from "../src/runtime/index.ts";
import { JsonScanner } from "../src/runtime/json-scanner.ts";

/** The value of a string, or the message of its refusal. It stands somewhere in a larger piece of memory. */
function read(text: string, shift = 0): string {
  const memory = Buffer.from(`${'"'.repeat(shift)}${text}`);
  const scanner = new JsonScanner(memory.subarray(shift));
  try {
    const value = scanner.string();
    scanner.end();
    return value;
  } catch (error) {
    if (OmgError.is(error)) return error.message;
    throw error;
  }
}

function passed(text: string, shift: number): boolean {
  const scanner = new JsonScanner(Buffer.from(" ".repeat(shift) + text), shift);
  try {
    scanner.skip();
    scanner.end();
    return true;
  } catch {
    return false;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("a long string", () => {
  const pieces = [
    '\\"',
    "\\\\",
    "\\n",
    "\\u00e9",
    "\\ud83d\\ude00",
    "é",
    "€",
    "😀",
    "\x7f",
    '"',
    "\\",
    "\\x",
  ];
  const refused = ["\0", "\x01", "\n", "\x1f"];

  test.each([...pieces, ...refused])("is read like JSON.parse reads it with %j anywhere in it", (piece) => {
    for (let place = 56; place < 80; place++) {
      for (let rest = 0; rest < 9; rest++) {
        const text = `"${"a".repeat(place)}${piece}${"z".repeat(rest)}"`;
        for (const shift of [0, 1, 2, 3]) expect(passed(text, shift)).toBe(isJson(text));
        if (isJson(text)) expect(read(text, place % 4)).toBe(JSON.parse(text));
      }
    }
  });

  test.each(Array.from({ length: 256 }, (_, byte) => byte))("is judged rightly with the byte %i", (byte) => {
    const bytes = Buffer.from(`"${"a".repeat(100)}"`);
    bytes[90] = byte;
    const text = bytes.toString("latin1");
    const scanner = new JsonScanner(bytes);
    if (isJson(text)) expect(scanner.skip()).toEqual({ start: 0, end: 102 });
    else expect(() => [scanner.skip(), scanner.end()]).toThrow("Parse error");
  });

  test("of any text is read like JSON.parse reads it", () => {
    const unit = fc.constantFrom("grapheme", "binary", "binary-ascii");
    const strings = unit.chain((kind) => fc.string({ unit: kind, minLength: 50, maxLength: 400 }));
    fc.assert(
      fc.property(strings, fc.nat({ max: 3 }), (value, shift) => {
        const text = JSON.stringify(value);
        expect(read(text, shift)).toBe(value);
        expect(passed(text, shift)).toBe(true);
        expect(passed(text.slice(0, -1), shift)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("is refused at the very byte that is wrong", () => {
    expect(read(`"${"a".repeat(77)}\u0001${"a".repeat(20)}"`)).toBe("Parse error: invalid JSON at byte 78");
    expect(read(`"${"a".repeat(200)}`)).toBe("Parse error: invalid JSON at its end");
  });
});

describe("a message", () => {
  // Texts are cut out of a small message and decoded one by one from a large one.
  test.each([0, 5_000])("is understood alike with %i bytes more", (more) => {
    const params = {
      padding: "p".repeat(more),
      name: "naïve",
      uri: "a://ü",
      _meta: { progressToken: "é" },
      cursor: "\ud800",
      requestId: -7,
    };
    const frame = frameOf({ jsonrpc: "2.0", id: "😀", method: "méthode", params });
    expect(frame.head).toEqual({
      kind: "request",
      id: "😀",
      method: "méthode",
      name: "naïve",
      uri: "a://ü",
      token: "é",
      cursor: "\ud800",
      requestId: -7,
    });
  });

  test.each(['"méthode":1,"méthode":2', '"méthode":1,"m\\u00e9thode":2'])("is refused with %s", (twice) => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"m",${twice}}`;
    expect(() => parseFrame(Buffer.from(text))).toThrow('has the key "méthode" twice');
  });

  test("does not take bytes of another encoding for the same key", () => {
    const latin1 = Buffer.from('"m\xe9thode":1,', "latin1");
    const parts = [Buffer.from('{"jsonrpc":"2.0","id":1,'), latin1, Buffer.from('"méthode":2,"method":"m"}')];
    expect(parseFrame(Buffer.concat(parts)).head.method).toBe("m");
  });

  test("has an id that is written as digits only", () => {
    const withId = (id: string) =>
      parseFrame(Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"m"}`)).head.id;
    expect([withId("-12"), withId("0"), withId(" 7 ")]).toEqual([-12, 0, 7]);
    for (const id of ["1.0", "1e0", "10E-1", "-0.0", "false"]) expect(() => withId(id)).toThrow(/^"id" must/);
  });
});

describe("the pieces of a frame", () => {
  test.each([10, 20_000])("make up its bytes, with a text of %i bytes", (length) => {
    const result = { text: "é\\".repeat(length / 2) };
    const frame = rewriteFrame(frameOf({ jsonrpc: "2.0", id: 1, result }), { id: "another" });
    const joined = Buffer.concat(frame.pieces);
    expect(JSON.parse(joined.toString())).toEqual({ jsonrpc: "2.0", id: "another", result });
    expect(frame.bytes.equals(joined)).toBe(true);
    expect(
      rewriteFrame(frame, { id: 1 }).bytes.equals(frameOf({ jsonrpc: "2.0", id: 1, result }).bytes),
    ).toBe(true);
  });
});
