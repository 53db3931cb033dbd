import { describe, expect, test } from "vitest";
import { OmgError, parseFrame, type Reason } from "../src/runtime/index.ts";

function refusalOf(message: string | Buffer): OmgError {
  try {
    parseFrame(Buffer.from(message as string));
  } catch (error) {
    if (OmgError.is(error)) return error;
    throw error;
  }
  throw new Error("The message was taken");
}

function request(more: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"m"${more}}`;
}

const parameter = (value: string) => request(`,"params":{"a":${value}}`);
const nested = (depth: number) => parameter("[".repeat(depth - 2) + "]".repeat(depth - 2));
const crowded = (values: number) => parameter(`[${"1,".repeat(values - 3)}1]`);

const notJson: readonly (readonly [what: string, message: string | Buffer])[] = [
  ["nothing", ""],
  ["white space", " \r\n\t"],
  ["text", "listening on stdio"],
  ["binary", Buffer.from([0xff, 0xfe, 0x00, 0x7b])],
  ["a NUL", "\0"],
  ["a BOM before a message", `\ufeff${request("")}`],
  ["text behind a message", `${request("")} ok`],
  ["two messages", request("") + request("")],
  ["half a message", request("").slice(0, -1)],
  ["a message cut off in the method", '{"jsonrpc":"2.0","id":1,"method":'],
  ["a message cut off in the params", '{"jsonrpc":"2.0","id":1,"method":"m","params":'],
  ["a comma too many", request(",")],
  ["a raw line break in a string", request(',"a":"\n"')],
  ["an unknown escape", request(',"a":"\\x"')],
  ["a key without quotes", '{jsonrpc:"2.0"}'],
  ["a comment", `${request("")}// c`],
  ["NaN", parameter("NaN")],
  ["a number with a leading zero", parameter("01")],
  ["an id that is no JSON", '{"jsonrpc":"2.0","id":1x,"method":"m"}'],
  ["brackets of the wrong kind", parameter("[}")],
];

const notOneMessage: readonly (readonly [what: string, message: string])[] = [
  ["a lone string", '"text"'],
  ["a lone number", "1"],
  ["null", "null"],
  ["a batch", `[${request("")}]`],
  ["an empty batch", "[]"],
  ["an empty object", "{}"],
  ["jsonrpc 1.0", '{"jsonrpc":"1.0","id":1,"method":"m"}'],
  ["jsonrpc as a number", '{"jsonrpc":2.0,"id":1,"method":"m"}'],
  ["no jsonrpc", '{"id":1,"method":"m"}'],
  ["Method in place of method", '{"jsonrpc":"2.0","id":1,"Method":"m"}'],
  ["a method that is no string", '{"jsonrpc":"2.0","id":1,"method":["m"]}'],
  ["params that are a list", request(',"params":[1]')],
  ["params that are a string", request(',"params":"a"')],
  ["params that are a number", request(',"params":1')],
  ["a result and an error together", '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
  ["a method and a result together", request(',"result":{}')],
  ["a method and an error together", request(',"error":{}')],
  ["an error that is no object", '{"jsonrpc":"2.0","id":1,"error":"no"}'],
  ["an error of nothing", '{"jsonrpc":"2.0","id":1,"error":{}}'],
  ["an error whose code is a string", '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"no"}}'],
  ["an error whose code is a fraction", '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"no"}}'],
  ["an error without a message", '{"jsonrpc":"2.0","id":1,"error":{"code":1}}'],
  ["an error whose message is a number", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":2}}'],
  ["a result without an id", '{"jsonrpc":"2.0","result":{}}'],
  ["a result with the id null", '{"jsonrpc":"2.0","id":null,"result":{}}'],
  ["65 levels", nested(65)],
  ["65 levels of objects", parameter(`${'{"a":'.repeat(63)}1${"}".repeat(63)}`)],
  ["a million levels", parameter("[".repeat(1_000_000))],
  ["a value more than 250 000", crowded(250_001)],
];

const twice: readonly (readonly [key: string, message: string])[] = [
  ["method", request(',"method":"m"')],
  ["method", request(',"meth\\u006fd":"n"')],
  ["id", request(',"id":2')],
  ["jsonrpc", request(',"jsonrpc":"2.0"')],
  ["params", request(',"params":{},"params":{}')],
  ["result", '{"jsonrpc":"2.0","id":1,"result":{},"result":{}}'],
  ["other", request(',"other":1,"other":1')],
  ["name", request(',"params":{"name":"a","n\\u0061me":"b"}')],
  ["uri", request(',"params":{"uri":"a","uri":"a"}')],
  ["cursor", request(',"params":{"cursor":"a","cursor":"b"}')],
  ["requestId", request(',"params":{"requestId":1,"requestId":2}')],
  ["_meta", request(',"params":{"_meta":{},"_meta":{}}')],
  ["_meta.progressToken", request(',"params":{"_meta":{"progressToken":1,"progressToken":2}}')],
  ["ref.name", request(',"params":{"ref":{"name":"a","name":"b"}}')],
];

const oddIds = ["1.0", "1.5", "1e2", "1152921504606846976", "9007199254740992", "{}", "[1]", "true", "null"];

describe("what is no JSON", () => {
  test.each(notJson)("is refused as parse_error: %s", (_what, message) => {
    expect(refusalOf(message).reason).toBe("parse_error" satisfies Reason);
  });

  test("is refused with the place of the fault", () => {
    expect(refusalOf('{"a":x}').message).toBe("Parse error: invalid JSON at byte 5");
    expect(refusalOf('{"a":').message).toBe("Parse error: invalid JSON at its end");
  });
});

describe("JSON that is not one message", () => {
  test.each(notOneMessage)("is refused as invalid_request: %s", (_what, message) => {
    expect(refusalOf(message).reason).toBe("invalid_request" satisfies Reason);
  });

  test.each(twice)("is refused for a key that occurs twice: %s", (key, message) => {
    const refusal = refusalOf(message);
    expect(refusal.reason).toBe("invalid_request");
    expect(refusal.message).toBe(`The message has the key "${key}" twice`);
  });

  test.each([...oddIds, JSON.stringify("i".repeat(300)), JSON.stringify("i".repeat(5000))])(
    "is refused for the id %.40s",
    (id) => {
      const refusal = refusalOf(`{"jsonrpc":"2.0","id":${id},"method":"m"}`);
      expect(refusal.reason).toBe("invalid_request");
      expect(refusal.message).toMatch(/^"id" must/);
    },
  );
});

describe("what is just within the limits", () => {
  test.each([
    ["64 levels", nested(64)],
    ["250 000 values", crowded(250_000)],
    ["an id of 256 characters", `{"jsonrpc":"2.0","id":"${"i".repeat(256)}","method":"m"}`],
    ["an id of 256 escapes", `{"jsonrpc":"2.0","id":"${"\\u00e4".repeat(256)}","method":"m"}`],
    ["the largest safe id", '{"jsonrpc":"2.0","id":9007199254740991,"method":"m"}'],
    ["params that are null", request(',"params":null')],
    ["unknown members", request(',"extra":{"a":1,"a":1}')],
    ["a key twice where nobody looks", parameter('{"b":1,"b":2}')],
  ])("is taken: %s", (_what, message) => {
    expect(parseFrame(Buffer.from(message)).head.kind).toBe("request");
  });
});

describe("keys that a lenient parser would take for the protocol's", () => {
  const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;

  test.each([
    ['{"jsonrpc":"2.0","id":1,"method":"x","ID":7}'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","Method":"y"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","id\\u0000":7}'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","param\u017f":{}}'],
    [call('{"name":"safe","Name":"danger"}')],
    [call('{"name":"safe","_META":{"progressToken":1}}')],
    ['{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"mine","TaskID":"yours"}}'],
    [call('{"name":"safe","_meta":{"progre\u017f\u017fToken":1}}')],
    ['{"jsonrpc":"2.0","method":"notifications/progress","params":{"progresstoken":1,"progressToken":2}}'],
  ])("are refused: %s", (text) => {
    expect(() => parseFrame(Buffer.from(text))).toThrow(/looks like one of the protocol's/);
  });

  test.each([
    [call('{"name":"x","arguments":{"Name":1,"ID":2}}')],
    ['{"jsonrpc":"2.0","id":1,"method":"acme/odd","params":{"Name":1,"URI":"x"}}'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","vendor":1}'],
  ])("are taken where nothing acts upon them: %s", (text) => {
    expect(parseFrame(Buffer.from(text)).head.id).toBe(1);
  });
});

describe("a refused message", () => {
  test("tells its id where that can be read, wherever it stands", () => {
    const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
    const texts = [
      `{"jsonrpc":"2.0","id":"a","method":"x","params":{"y":${deep}}}`,
      `{"result":${deep},"jsonrpc":"2.0","id":7}`,
    ];
    const ids = texts.map((text) => {
      try {
        return parseFrame(Buffer.from(text));
      } catch (error) {
        return (error as { requestId?: unknown }).requestId;
      }
    });
    expect(ids).toEqual(["a", 7]);
  });
});
