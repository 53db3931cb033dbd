import { describe, expect, test } from "vitest";
import { type FrameHead, frameOf, parseFrame, resultFrame, rewriteFrame } from "../src/runtime/index.ts";

function parse(text: string) {
  return parseFrame(Buffer.from(text));
}

function headOf(text: string): Record<string, unknown> {
  return { ...parse(text).head };
}

describe("the head of a frame", () => {
  const heads: readonly (readonly [what: string, text: string, head: FrameHead])[] = [
    ["a request", '{"jsonrpc":"2.0","id":1,"method":"ping"}', { kind: "request", id: 1, method: "ping" }],
    ["a notification", '{"jsonrpc":"2.0","method":"a/b"}', { kind: "notification", method: "a/b" }],
    ["a result", '{"jsonrpc":"2.0","id":"a","result":{}}', { kind: "result", id: "a" }],
    ["a result of any kind", '{"jsonrpc":"2.0","id":0,"result":null}', { kind: "result", id: 0 }],
    ["an error", '{"jsonrpc":"2.0","id":-5,"error":{"code":1,"message":""}}', { kind: "error", id: -5 }],
    [
      "an error without a known id",
      '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}',
      { kind: "error" },
    ],
    ["a response whose id comes last", '{"result":{},"jsonrpc":"2.0","id":""}', { kind: "result", id: "" }],
    [
      "a call, with its fields in any order",
      ' {"params" : {"_meta":{"x":[{}],"progressToken":7},"arguments":{"name":"no"},"name":"t\\u006f"},\r\n' +
        '\t"method":"tools\\/call","id":2,"jsonrpc":"2\\u002e0"} \n',
      { kind: "request", id: 2, method: "tools/call", name: "to", token: 7 },
    ],
    [
      "a read",
      '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a://b","cursor":"c"}}',
      { kind: "request", id: 1, method: "resources/read", uri: "a://b", cursor: "c" },
    ],
    [
      "a completion of a prompt",
      '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"name":"no","ref":{"type":"ref/prompt","name":"p"}}}',
      { kind: "request", id: 1, method: "completion/complete", name: "p" },
    ],
    [
      "a completion of a template",
      '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"uri":"no","ref":{"uri":"a://{b}"}}}',
      { kind: "request", id: 1, method: "completion/complete", uri: "a://{b}" },
    ],
    [
      "progress",
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1,"_meta":{"progressToken":9}}}',
      { kind: "notification", method: "notifications/progress", token: "t" },
    ],
    [
      "a cancellation",
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1","reason":"r"}}',
      { kind: "notification", method: "notifications/cancelled", requestId: "1" },
    ],
  ];

  test.each(heads)("tells what %s is about", (_what, text, head) => {
    expect(headOf(text)).toEqual(head);
  });

  test.each([0, "", -1, "0"])("holds the progress token %j", (token) => {
    const params = { _meta: { progressToken: token } };
    expect(frameOf({ jsonrpc: "2.0", id: 1, method: "m", params }).head.token).toBe(token);
  });

  test('keeps the id 1 and the id "1" apart', () => {
    expect(parse('{"jsonrpc":"2.0","id":1,"method":"m"}').head.id).toBe(1);
    expect(parse('{"jsonrpc":"2.0","id":"1","method":"m"}').head.id).toBe("1");
  });

  test("leaves out what is of the wrong kind", () => {
    const params =
      '{"name":5,"uri":{"a":1},"cursor":[],"requestId":1.5,"_meta":{"progressToken":true},"ref":"r"}';
    expect(headOf(`{"jsonrpc":"2.0","id":1,"method":"m","params":${params}}`)).toEqual({
      kind: "request",
      id: 1,
      method: "m",
    });
  });

  test("has no token that a number can not hold exactly", () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"progressToken":9007199254740993}}}';
    expect(parse(text).head.token).toBeUndefined();
  });

  test("holds nothing of params that have no method", () => {
    expect(headOf('{"jsonrpc":"2.0","id":1,"result":{},"params":{"name":"n"}}')).toEqual({
      kind: "result",
      id: 1,
    });
  });

  test("takes `__proto__` for a key like any other", () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"m","__proto__":{"name":"x"},"params":{"__proto__":{"uri":"y"}}}';
    const frame = parse(text);
    expect({ ...frame.head }).toEqual({ kind: "request", id: 1, method: "m" });
    expect(Object.getPrototypeOf(frame.head)).toBe(Object.prototype);
  });
});

describe("a result frame", () => {
  test("has the payload as it was given", () => {
    const frame = resultFrame('a"b', '{ "n": 1e400 }');
    expect(frame.bytes.toString()).toBe('{"jsonrpc":"2.0","id":"a\\"b","result":{ "n": 1e400 }}');
    expect(frame.head).toEqual({ kind: "result", id: 'a"b' });
  });

  test("can be given another id", () => {
    const frame = rewriteFrame(resultFrame(1, Buffer.from("[]")), { id: "x" });
    expect(frame.bytes.toString()).toBe('{"jsonrpc":"2.0","id":"x","result":[]}');
    expect(frame.head.id).toBe("x");
  });
});
