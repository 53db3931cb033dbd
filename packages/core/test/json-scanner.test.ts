import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OmgError } from "../src/runtime/index.ts";
import { scanMembers } from "../src/runtime/json-members.ts";
import { JsonScanner } from "../src/runtime/json-scanner.ts";

/** What the scanner makes of a text: undefined, or the reason of its refusal. */
function refusalOf(text: string): string | undefined {
  const scanner = new JsonScanner(Buffer.from(text));
  try {
    scanner.skip();
    scanner.end();
    return undefined;
  } catch (error) {
    if (OmgError.is(error)) return error.reason;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(Buffer.from(text).toString());
    return true;
  } catch {
    return false;
  }
}

function agrees(text: string): void {
  expect(refusalOf(text)).toBe(isJson(text) ? undefined : "parse_error");
}

const pieces = [...'{}[]",:\\/0123456789eE+-.tfnubr \t\r\n\0\u001f\u007f\v\f\u00a0é€😀\ufeff\u2028'];
const tokens = [
  ...pieces,
  ...'true false null -0 0.5 1e9 1E+2 -1.5e-7 01 1. .5 - "" "a" "\\u00e9" "\\u12" "\\x" NaN'.split(" "),
];

const jsonText = fc
  .tuple(fc.jsonValue({ maxDepth: 8, stringUnit: "binary" }), fc.constantFrom("", " ", "\t", "\n", "\r\n"))
  .map(([value, space]) => space + JSON.stringify(value, undefined, space) + space);

const mutation = fc.record({
  at: fc.nat(),
  removed: fc.nat({ max: 2 }),
  added: fc.oneof(fc.constant(""), fc.constantFrom(...tokens)),
});

function mutate(
  text: string,
  { at, removed, added }: { at: number; removed: number; added: string },
): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + added + text.slice(place + removed);
}

describe("the scanner", () => {
  test("takes every JSON text", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(refusalOf(text)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test("takes exactly what JSON.parse takes, of texts that are nearly JSON", () => {
    const mutated = fc
      .tuple(jsonText, fc.array(mutation, { minLength: 1, maxLength: 3 }))
      .map(([text, mutations]) => mutations.reduce(mutate, text));
    fc.assert(fc.property(mutated, agrees), { numRuns: 3000 });
  });

  test("takes exactly what JSON.parse takes, of random tokens", () => {
    const random = fc.array(fc.constantFrom(...tokens), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(fc.property(random, agrees), { numRuns: 5000 });
    fc.assert(
      fc.property(random, (text) => agrees(`[${text}]`)),
      { numRuns: 3000 },
    );
  });

  test.each([
    ..."0123456789abcdefABCDEF".split("").map((digit) => `"\\u000${digit}\\u${digit}aF9"`),
    ...["g", "G", "/", ":", "@", "`", " ", '"', "é", "\0"].map((other) => `"\\u000${other}0"`),
    ...["\v1", "\f1", "\u00a01", "1\v", "\u20281", '"\x1f"', '"\x7f"'],
  ])("takes exactly what JSON.parse takes: %j", agrees);

  test("reads a string as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (value, escaped) => {
        const plain = JSON.stringify(value);
        const text = escaped ? plain.replaceAll("a", "\\u0061").replaceAll("/", "\\/") : plain;
        expect(new JsonScanner(Buffer.from(text)).string()).toBe(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test("holds to the depth it is given, and counts the values it passes over", () => {
    const scan = (text: string) => {
      const scanner = new JsonScanner(Buffer.from(text), 0, { depth: 2 });
      return { ...scanner.skip(), nodes: scanner.nodes };
    };
    expect(scan("[[1],1]")).toEqual({ start: 0, end: 7, nodes: 4 });
    expect(() => scan("[[[]]]")).toThrow("nested deeper than 2 levels");
  });
});

describe("the members of an object", () => {
  test("are where they stand in the text", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom("", "\t"), (value, space) => {
        const bytes = Buffer.from(JSON.stringify(value, undefined, space));
        const found = [...scanMembers(bytes)].map(([key, { start, end }]) => {
          return [key, JSON.parse(bytes.toString("utf8", start, end))];
        });
        expect(Object.fromEntries(found)).toEqual(JSON.parse(bytes.toString()));
      }),
      { numRuns: 300 },
    );
  });

  test("are distinct, or the object is refused", () => {
    expect(() => scanMembers(Buffer.from('{"a":1,"\\u0061":2}'))).toThrow('the key "a" twice');
  });

  test("are those of an object only", () => {
    for (const text of ["[]", "1", "", "{} {}"])
      expect(() => scanMembers(Buffer.from(text))).toThrow("Parse error");
  });
});

describe("time grows with the size only", () => {
  // Generous bounds: a scan that is quadratic in the size takes minutes.
  test.each([
    ["a string of 4 MB of backslashes", `"${"\\\\".repeat(2_000_000)}"`],
    ["a string of 4 MB of escapes", `"${"\\u005c".repeat(700_000)}"`],
    ["a number of 4 MB", "1".repeat(4_000_000)],
    ["white space of 4 MB", `${" ".repeat(4_000_000)}1`],
    ["1 MB of objects", `[${'{"a":[]},'.repeat(100_000)}{}]`],
  ])("%s", (_what, text) => {
    const start = performance.now();
    expect(refusalOf(text)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test("a string of 4 MB of backslashes that does not end", () => {
    const start = performance.now();
    expect(refusalOf(`"${"\\".repeat(4_000_000)}`)).toBe("parse_error");
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
