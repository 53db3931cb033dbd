import { describe, expect, test } from "vitest";
import { batchFrames, isBatch } from "../src/index.ts";

const request = (id: unknown, method = "m") => JSON.stringify({ jsonrpc: "2.0", id, method });
const split = (text: string, limit = 100) => batchFrames(Buffer.from(text), limit);

/** What a refusal says. */
function refusal(text: string, limit?: number): { reason?: string; requestId?: unknown } {
  try {
    split(text, limit);
  } catch (error) {
    return error as { reason?: string };
  }
  return {};
}

test.each([
  ["[]", true],
  [" \t\r\n[", true],
  ["{}", false],
  ["", false],
  ['"["', false],
])("%j is told from a single message", (text, is) => {
  expect(isBatch(Buffer.from(text))).toBe(is);
});

describe("the messages of a batch", () => {
  test("keep their order and every byte", () => {
    const messages = [
      '{ "jsonrpc":"2.0", "id":1, "method":"m", "params":{"big":12345678901234567890,"é":1.0} }',
      '{"jsonrpc":"2.0","method":"n"}',
      '{"jsonrpc":"2.0","id":"1","result":{}}',
    ];
    const frames = split(` [${messages.join(" ,\t")} ] `);
    expect(frames.map(({ bytes }) => bytes.toString())).toEqual(messages);
    expect(frames.map(({ head }) => head.id)).toEqual([1, undefined, "1"]);
  });

  test("may be nested as deep as a single one, and no deeper", () => {
    const nested = (levels: number) =>
      `[{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}]`;
    expect(split(nested(62))).toHaveLength(1);
    expect(refusal(nested(63)).reason).toBe("invalid_request");
  });

  test("may be as many as the limit says", () => {
    expect(split(`[${request(1)},${request(2)}]`, 2)).toHaveLength(2);
    expect(refusal(`[${request(1)},${request(2)},${request(3)}]`, 2).reason).toBe("invalid_request");
  });

  test("may be answers with the ids of requests beside them", () => {
    expect(split(`[${request(1)},{"jsonrpc":"2.0","id":1,"result":{}},${request("1")}]`)).toHaveLength(3);
  });
});

describe("a batch is refused as a whole", () => {
  test.each([
    ["empty", "[]"],
    ["with initialize", `[${request(1, "initialize")}]`],
    ["with the id of a request twice", `[${request(1)},${request(2)},${request(1)}]`],
    ["with something else inside", `[${request(1)},7]`],
    ["of batches", `[[${request(1)}]]`],
    ["with a key twice in a message", '[{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}]'],
  ])("when it is %s", (_, text) => {
    expect(refusal(text)).toMatchObject({ reason: "invalid_request", requestId: undefined });
  });

  test.each([["[{]"], [`[${request(1)}`], [`[${request(1)}] x`], [`[${request(1)},]`]])(
    "when it is no JSON: %s",
    (text) => {
      expect(refusal(text).reason).toBe("parse_error");
    },
  );
});
