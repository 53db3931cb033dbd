import { describe, expect, test } from "vitest";
import { EventReader } from "../src/client/event-reader.ts";

const stream =
  'event: endpoint\ndata: /messages?id=1\n\n: still here\n\nid: 7\ndata: {"a":1}\n\nevent: message\ndata: {"b":"x y"}\nid: 8\n\n';

describe("the client reads event streams", () => {
  test.each([1, 2, 5, 16, 1000])("that come in pieces of %d bytes", (size) => {
    const reader = new EventReader();
    const read: [string, string][] = [];
    for (let at = 0; at < stream.length; at += size) {
      for (const { name, data } of reader.read(Buffer.from(stream.slice(at, at + size)))) {
        read.push([name, data.toString()]);
      }
    }
    expect(read).toEqual([
      ["endpoint", "/messages?id=1"],
      ["message", '{"a":1}'],
      ["message", '{"b":"x y"}'],
    ]);
  });
});
