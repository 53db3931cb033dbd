import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, OmgError, parseFrame, rewriteFrame } from "../src/runtime/index.ts";

/** A string of JSON, each character of it as it is or as an escape. */
const spelled = (value: string): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }).map((ways) => {
    const units = value.split("").map((unit, index) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
      const way = ways[index % ways.length];
      if (way === 0) return `\\u${hex}`;
      if (way === 1) return `\\u${hex.toUpperCase()}`;
      if (way === 2 && unit === "/") return "\\/";
      return JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join("")}"`;
  });

const oneOf = (...values: string[]) => fc.constantFrom(...values).chain(spelled);
const text = fc
  .oneof(
    fc.constantFrom(
      "",
      "a__b",
      "../x",
      "\ud800",
      "\udc00\ud800",
      "😀",
      "a\u0000b",
      "__proto__",
      "\ufeff",
      '"\\',
    ),
    fc.string({ unit: "binary", maxLength: 12 }),
  )
  .chain(spelled);
const odd = fc.constantFrom("null", "true", "1.5", "[]", "{}", '{"name":"x","id":1}', "-0", "1e400");
const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("0", "7", "-3", "9007199254740991") },
  fc.constantFrom(
    "9007199254740992",
    "9007199254740993",
    "1152921504606846976",
    "1.0",
    "1e2",
    "-0",
    "null",
    "{}",
  ),
  text,
);
const gap = fc.constantFrom("", "", " ", "\t\r\n ");

type Member = fc.Arbitrary<string>;
const member = (key: fc.Arbitrary<string>, value: fc.Arbitrary<string>): Member =>
  fc
    .tuple(key, gap, gap, value)
    .map(([name, before, after, content]) => `${name}${before}:${after}${content}`);
const named = (key: string, value: fc.Arbitrary<string>): Member => member(spelled(key), value);

/** An object of these members in any order, at times with one that is left out, comes again or nearly. */
function object(members: readonly Member[], lookalikes: readonly string[]): fc.Arbitrary<string> {
  const nearly = member(oneOf(...lookalikes, "x", "arguments", "name ", "__proto__"), fc.oneof(text, odd));
  const again = fc.nat(members.length - 1).chain((index) => members[index] as Member);
  const more = fc.oneof(
    { weight: 12, arbitrary: fc.constant([] as string[]) },
    { weight: 3, arbitrary: fc.array(nearly, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: again.map((one) => [one]) },
  );
  return fc
    .tuple(fc.tuple(...members), more, fc.array(fc.nat(9), { minLength: 9, maxLength: 9 }), gap)
    .map(([usual, others, ranks, space]) => {
      const kept = usual.filter((_, index) => ranks[index] !== 0);
      const all = [...kept, ...others].map((one, index) => [ranks[index] ?? 0, one] as const);
      all.sort(([a], [b]) => a - b);
      return `{${space}${all.map(([, one]) => one).join(`${space},`)}${space}}`;
    });
}

const value = fc.oneof({ weight: 4, arbitrary: text }, odd);
const token = fc.oneof(id, value);
const meta = object(
  [named("progressToken", token), named("io.modelcontextprotocol/protocolVersion", text)],
  ["ProgressToken", "progresstoken"],
);
const ref = object([named("name", value), named("uri", value)], ["Name", "URI"]);
const params = object(
  [
    named("name", value),
    named("uri", value),
    named("cursor", value),
    named("taskId", value),
    named("_meta", fc.oneof({ weight: 5, arbitrary: meta }, odd)),
    named("ref", fc.oneof({ weight: 5, arbitrary: ref }, odd)),
  ],
  ["Name", "NAME", "na\u0000me", "Uri", "_Meta", "TaskId", "ſ", "Ref"],
);
const method = oneOf(
  "tools/call",
  "prompts/get",
  "resources/read",
  "completion/complete",
  "notifications/progress",
  "x/y",
);
const message = fc
  .tuple(
    fc.constantFrom("", "", "", "", "", "", "\ufeff", " "),
    object(
      [
        named("jsonrpc", oneOf("2.0")),
        named("id", id),
        named("method", method),
        named("params", fc.oneof({ weight: 9, arbitrary: params }, odd)),
      ],
      ["Method", "ID", "method\u0000", "Params", "result", "JSONRPC"],
    ),
  )
  .map((parts) => parts.join(""));

/** What a reader of the bytes makes of them. */
interface View {
  readonly id: unknown;
  readonly method: unknown;
  readonly name: unknown;
  readonly uri: unknown;
  readonly cursor: unknown;
  readonly taskId: unknown;
  readonly version: unknown;
  readonly token: unknown;
}

type Json = Readonly<Record<string, unknown>>;

function viewOf(bytes: string, revive?: (key: string, value: unknown) => unknown): View {
  const { id: found, method: called, params: given } = JSON.parse(bytes, revive) as Json;
  const asObject = (part: unknown) => (typeof part === "object" && part !== null ? part : {}) as Json;
  const string = (part: unknown) => (typeof part === "string" ? part : undefined);
  const requestId = (part: unknown) => (Number.isSafeInteger(part) ? part : string(part));
  // What has no method is an answer, which has no parameters.
  const all = asObject(called === undefined ? {} : given);
  const target = called === "completion/complete" ? asObject(all.ref) : all;
  const inMeta = asObject(all._meta);
  return {
    id: found ?? undefined,
    method: called,
    name: string(target.name),
    uri: string(target.uri),
    cursor: string(all.cursor),
    taskId: string(all.taskId),
    version: string(inMeta["io.modelcontextprotocol/protocolVersion"]),
    token: requestId(called === "notifications/progress" ? all.progressToken : inMeta.progressToken),
  };
}

/** As a parser reads that takes keys whatever their case, and only up to a NUL. */
function leniently(key: string, item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item) || key === "arguments") return item;
  const usual = new Map(
    ["id", "method", "params", "name", "uri", "cursor", "taskId", "_meta", "ref", "progressToken"].map(
      (one) => [one.toLowerCase(), one],
    ),
  );
  const entries = Object.entries(item).map(([name, part]) => {
    return [usual.get(name.split("\0")[0]?.toLowerCase() ?? "") ?? name, part] as const;
  });
  return Object.fromEntries(entries);
}

function taken(bytes: string): Frame | undefined {
  try {
    return parseFrame(Buffer.from(bytes));
  } catch (error) {
    if (OmgError.is(error) && (error.reason === "parse_error" || error.reason === "invalid_request"))
      return undefined;
    throw error;
  }
}

function headView({ head: { id, method, name, uri, cursor, taskId, version, token } }: Frame): View {
  return { id, method, name, uri, cursor, taskId, version, token };
}

test("what decides on a message is what its bytes say, or it is refused", () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(message, (bytes) => {
      const frame = taken(bytes);
      if (!frame) {
        refused++;
        return;
      }
      accepted++;
      const view = headView(frame);
      const sent = frame.bytes.toString();
      expect(sent).toBe(Buffer.from(bytes).toString());
      expect(view).toEqual(viewOf(sent));
      // A method of another vocabulary may have what keys it likes: nothing of ours reads them.
      if (view.method !== "x/y") expect(viewOf(sent, leniently)).toEqual(view);
      const edited = rewriteFrame(frame, { id: 5, name: "n\ud800", uri: "u" });
      expect(headView(edited)).toEqual(viewOf(edited.bytes.toString()));
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
});
