import { describe, expect, test } from "vitest";
import {
  readEnvelope,
  withEnvelope,
  withMembers,
  withMeta,
  withoutEnvelope,
  withoutMembers,
} from "../src/modern/envelope.ts";
import { parseFrame } from "../src/runtime/frame.ts";

const frame = (text: string) => parseFrame(Buffer.from(text));
const request = (params: string) =>
  frame(`{"jsonrpc":"2.0","id":1,"method":"m"${params && `,"params":${params}`}}`);
const textOf = ({ bytes }: { bytes: Buffer }) => bytes.toString();

const said = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { roots: {} },
};

describe("an envelope", () => {
  test("is read", () => {
    const _meta = {
      ...said,
      "io.modelcontextprotocol/clientInfo": { name: "c" },
      "io.modelcontextprotocol/logLevel": "error",
    };
    expect(readEnvelope(request(JSON.stringify({ _meta })))).toEqual({
      version: "2026-07-28",
      capabilities: { roots: {} },
      clientInfo: { name: "c" },
      logLevel: "error",
    });
  });

  test.each([
    ["", "bad_params"],
    ["{}", "bad_params"],
    ['{"_meta":null}', "bad_params"],
    [JSON.stringify({ _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } }), "bad_params"],
    [JSON.stringify({ _meta: { ...said, "io.modelcontextprotocol/clientCapabilities": [] } }), "bad_params"],
    [JSON.stringify({ _meta: { ...said, "io.modelcontextprotocol/logLevel": "loud" } }), "bad_params"],
    [
      JSON.stringify({ _meta: { ...said, "io.modelcontextprotocol/protocolVersion": "2025-11-25" } }),
      "unsupported_version",
    ],
  ])("that is not whole is refused: %s", (params, reason) => {
    expect(() => readEnvelope(request(params))).toThrow(expect.objectContaining({ reason }));
  });

  test("is taken off, and all else stays as it is written", () => {
    const own = '"progressToken": 7 ,"acme/x":  [1]';
    const meta = `{ "io.modelcontextprotocol/protocolVersion":"2026-07-28", ${own},"io.modelcontextprotocol/x":{}}`;
    const stripped = withoutEnvelope(request(`{"a": 1.0 ,"_meta":${meta}}`));
    expect(textOf(stripped)).toContain('{"a": 1.0 ,"_meta":{"progressToken":7,"acme/x":[1]}}');
    expect(stripped.spans.token).toBeDefined();
    for (const params of ["", "{}", '{"_meta":{}}', '{"_meta":{"a":1}}', '{"_meta":5}']) {
      const plain = request(params);
      expect(withoutEnvelope(plain)).toBe(plain);
    }
  });

  test.each([
    ["", `,"params":`],
    ["{}", "{"],
    ['{"a":1}', '"a":1'],
    ['{"_meta":{}}', "{"],
    ['{"_meta":{"progressToken":1}}', '"progressToken":1'],
    ['{"_meta":null}', "{"],
  ])("is put on: %s", (params) => {
    const put = withEnvelope(request(params), { version: "2026-07-28", capabilities: { roots: {} } });
    expect(readEnvelope(parseFrame(put.bytes))).toMatchObject({ capabilities: { roots: {} } });
    const before = params ? (JSON.parse(params) as object) : {};
    expect(parseFrame(put.bytes).value()).toMatchObject({ params: { ...before, _meta: said } });
  });
});

describe("members", () => {
  test("of a message and of its _meta are set, in the place of old ones", () => {
    const answer = frame('{"jsonrpc":"2.0","id":1,"result":{ "a":[1,  2],"b":2,"_meta":{"x":1}}}');
    expect(textOf(withMembers(answer, { b: "ü", c: null, d: undefined }))).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{"c":null, "a":[1,  2],"b":"ü","_meta":{"x":1}}}',
    );
    expect(textOf(withMeta(answer, { x: 2, y: 3 }))).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{ "a":[1,  2],"b":2,"_meta":{"y":3,"x":2}}}',
    );
    expect(textOf(withMeta(frame('{"jsonrpc":"2.0","method":"n"}'), { x: 1 }))).toBe(
      '{"params":{"_meta":{"x":1}},"jsonrpc":"2.0","method":"n"}',
    );
  });

  test("are taken out, and the head with them", () => {
    const plain = withoutMembers(
      request('{"requestState":"s","a":1,"inputResponses":{}}'),
      "requestState",
      "inputResponses",
    );
    expect(plain.value()).toMatchObject({ params: { a: 1 } });
    expect(plain.head.requestState).toBeUndefined();
  });
});
