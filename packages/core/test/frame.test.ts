import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EditableField,
  frameOf,
  parseFrame,
  type RequestId,
  rewriteFrame,
} from "../src/runtime/index.ts";

/** A message as text with holes for the fields that can be written anew. */
interface Shape {
  readonly values: Readonly<Partial<Record<EditableField, RequestId>>>;
  render(values: Readonly<Partial<Record<EditableField, RequestId>>>): string;
}

const safeInteger = fc.maxSafeInteger();
const requestId = fc.oneof(
  safeInteger,
  fc.string({ maxLength: 40 }),
  fc.constantFrom(0, "", "1", 1, '"\\', "😀"),
);
const space = fc.constantFrom("", " ", "\r\n\t");
const otherKey = fc.string().map((key) => `other ${key}`);
const otherMembers = fc.dictionary(otherKey, fc.jsonValue(), { maxKeys: 4 });

type Member = (values: Shape["values"]) => string;
const hole = (key: string, field: EditableField): Member => {
  return (values) => `${JSON.stringify(key)}: ${JSON.stringify(values[field])}`;
};
const fixed = (members: Record<string, unknown>): Member[] =>
  Object.entries(members).map(
    ([key, value]) =>
      () =>
        `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );

function object(members: readonly Member[], gap: string): Member {
  return (values) => `{${gap}${members.map((member) => member(values)).join(`${gap},${gap}`)}${gap}}`;
}

/** The members of an object in any order, of any spacing. */
function anyObject(members: readonly Member[]): fc.Arbitrary<Member> {
  const order = fc.shuffledSubarray([...members], { minLength: members.length });
  return fc.tuple(order, space).map(([shuffled, gap]) => object(shuffled, gap));
}

const shape: fc.Arbitrary<Shape> = fc
  .record({
    values: fc.record({ id: requestId, name: fc.string(), uri: fc.string(), token: requestId, requestId }),
    method: fc.string({ unit: "binary" }),
    inMeta: otherMembers,
    inParams: otherMembers,
    inMessage: otherMembers,
  })
  .chain(({ values, method, inMeta, inParams, inMessage }) =>
    anyObject([hole("progressToken", "token"), ...fixed(inMeta)])
      .chain((meta) =>
        anyObject([
          hole("name", "name"),
          hole("uri", "uri"),
          hole("requestId", "requestId"),
          (current) => `"_meta":${meta(current)}`,
          ...fixed(inParams),
        ]),
      )
      .chain((params) =>
        anyObject([
          hole("id", "id"),
          (current) => `"params" :${params(current)}`,
          ...fixed({ ...inMessage, jsonrpc: "2.0", method: `x${method}` }),
        ]),
      )
      .map((render) => ({ values, render })),
  );

const edits = fc.record(
  { id: requestId, name: fc.string(), uri: fc.string(), token: requestId, requestId },
  { requiredKeys: [] },
);

describe("a frame", () => {
  test("reads as JSON.parse reads it", () => {
    fc.assert(
      fc.property(shape, ({ values, render }) => {
        const text = render(values);
        const message = JSON.parse(text);
        const frame = parseFrame(Buffer.from(text));
        expect(frame.head).toEqual({ kind: "request", method: message.method, ...values });
        expect(frame.value()).toEqual(message);
        const { start, end } = frame.spans.payload ?? { start: 0, end: 0 };
        expect(JSON.parse(frame.bytes.toString("utf8", start, end))).toEqual(message.params);
      }),
      { numRuns: 500 },
    );
  });

  test("made of any message holds that message", () => {
    fc.assert(
      fc.property(
        requestId,
        fc.string(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (id, method, params) => {
          const message = { jsonrpc: "2.0", id, method, params } as const;
          const frame = frameOf(message);
          expect(frame.value()).toEqual(JSON.parse(JSON.stringify(message)));
          expect(frame.head).toMatchObject({ kind: "request", id, method });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("parses its value once", () => {
    const frame = parseFrame(Buffer.from('{"jsonrpc":"2.0","method":"m"}'));
    expect(frame.value()).toBe(frame.value());
  });

  test("of 1 MB is read in time", () => {
    const params = { list: Array.from({ length: 50_000 }, (_, index) => ({ a: index, b: "text" })) };
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "m", params }));
    expect(bytes.length).toBeGreaterThan(1_000_000);
    const start = performance.now();
    parseFrame(bytes);
    // Generous: it takes some 20 ms.
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe("a rewritten frame", () => {
  test("differs in the edited fields and in no other byte", () => {
    fc.assert(
      fc.property(shape, edits, ({ values, render }, changes) => {
        const frame = parseFrame(Buffer.from(render(values)));
        const rewritten = rewriteFrame(frame, changes);
        expect(rewritten.bytes.toString()).toBe(render({ ...values, ...changes }));
        expect(rewritten.head).toEqual(parseFrame(rewritten.bytes).head);
        expect(frame.bytes.toString()).toBe(render(values));
      }),
      { numRuns: 500 },
    );
  });

  test("can be rewritten again, back to what it was", () => {
    fc.assert(
      fc.property(shape, edits, ({ values, render }, changes) => {
        const frame = parseFrame(Buffer.from(render(values)));
        const back = rewriteFrame(rewriteFrame(frame, changes), values);
        expect(back.bytes.equals(frame.bytes)).toBe(true);
        expect(back.head).toEqual(frame.head);
      }),
      { numRuns: 300 },
    );
  });

  test("keeps big numbers, escapes, the order of keys and keys that occur twice", () => {
    const text = (id: string) =>
      `{"params":{"2":1e400,"1":12345678901234567890.10,"s":"\\u00e9\\ud800\\/","x":{"a":1,"a":2}},"id":${id},"method":"m","jsonrpc":"2.0","_":-0.0}`;
    const rewritten = rewriteFrame(parseFrame(Buffer.from(text("1"))), { id: "1" });
    expect(rewritten.bytes.toString()).toBe(text('"1"'));
  });

  test("keeps bytes that are no UTF-8", () => {
    const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":"\xe9\xff"}}', "latin1");
    const rewritten = rewriteFrame(parseFrame(bytes), { id: 22 });
    expect(rewritten.bytes.toString("latin1")).toBe(bytes.toString("latin1").replace('"id":1', '"id":22'));
  });

  test("is the same frame when nothing changes", () => {
    const frame = frameOf({ jsonrpc: "2.0", id: 1, method: "m", params: { name: "n" } });
    expect(rewriteFrame(frame, {})).toBe(frame);
    expect(rewriteFrame(frame, { id: 1, name: "n" })).toBe(frame);
    expect(rewriteFrame(frame, { uri: "a://b", token: 1 })).toBe(frame);
  });

  test("has the completion's reference edited, not the like-named parameters", () => {
    const params = { name: "outer", ref: { type: "ref/prompt", name: "inner" } };
    const frame = frameOf({ jsonrpc: "2.0", id: 1, method: "completion/complete", params });
    expect(rewriteFrame(frame, { name: "new" }).value()).toMatchObject({
      params: { name: "outer", ref: { type: "ref/prompt", name: "new" } },
    });
  });
});
