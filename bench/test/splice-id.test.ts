import { describe, expect, test } from "vitest";
import { findId } from "../src/targets/programs/splice-id.mjs";

/** The frame with another id, as the forwarder writes it; `undefined` if it has none. */
function spliced(frame: string, id: string): string | undefined {
  const bytes = Buffer.from(frame);
  const span = findId(bytes);
  if (span === undefined) return undefined;
  return bytes.toString("utf8", 0, span.start) + id + bytes.toString("utf8", span.end);
}

describe("the forwarder finds the id of a frame", () => {
  test.each([
    ["a number in front", '{"jsonrpc":"2.0","id":7,"method":"ping"}'],
    ["a number in front that ends the frame", '{"jsonrpc":"2.0","id":7}'],
    ["a string in front", '{"jsonrpc":"2.0","id":"a,}b","method":"ping"}'],
    ["a string with a quote", '{"jsonrpc":"2.0","id":"a\\"b\\\\","method":"ping"}'],
    ["a number at the end", '{"result":{"content":[]},"jsonrpc":"2.0","id":12345}'],
    ["a string at the end", '{"method":"ping","jsonrpc":"2.0","id":"x"}'],
    ["in the middle", '{"method":"ping","id":-1.5e3,"params":{"a":[1,{"b":2}]}}'],
    ["as the first member", '{"id":1,"jsonrpc":"2.0"}'],
    ["with spaces", '{ "method" : "ping" , "id" : 42 , "x" : 1 }'],
    ["after text of many bytes a character", '{"result":{"text":"äö€😀"},"id":3,"jsonrpc":"2.0"}'],
  ])("%s", (_, frame) => {
    const parsed = JSON.parse(frame);
    expect(JSON.parse(spliced(frame, '"ours"') ?? "null")).toEqual({ ...parsed, id: "ours" });
  });

  test.each([
    ["inside a string", String.raw`{"params":{"text":"{\"id\":1}, \"id\":2"},"id":9,"method":"x"}`],
    ["in an object further in", '{"params":{"id":1,"list":[{"id":2}]},"id":9,"method":"x"}'],
    ["as a value", '{"method":"id","x":["id"],"id":9,"y":1}'],
    ["in a key that only ends like it", '{"requestid":1,"id":9,"y":1}'],
    ["at the end of a string that looks like a frame", String.raw`{"id":9,"text":",\"id\":5}"}`],
  ])("and not one %s", (_, frame) => {
    expect(JSON.parse(spliced(frame, "77") ?? "null")).toEqual({ ...JSON.parse(frame), id: 77 });
  });

  test.each([
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3,"id":4}}',
    String.raw`{"method":"x","params":{"text":",\"id\":5"}}`,
    "{}",
  ])("and none in %s", (frame) => {
    expect(findId(Buffer.from(frame))).toBeUndefined();
  });
});
