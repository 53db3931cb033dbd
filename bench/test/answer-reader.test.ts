import { describe, expect, test } from "vitest";
import { AnswerReader } from "../src/client/answer-reader.ts";
import { textOf } from "../src/client/conversation.ts";

const plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nMcp-Session-Id: s\r\n\r\nhello";
const chunked =
  "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
const empty = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

describe("the client reads answers", () => {
  test.each([1, 2, 3, 7, 1000])("that come in pieces of %d bytes, one after the other", (size) => {
    const reader = new AnswerReader();
    const read: [number, string][] = [];
    for (const text of [plain, chunked, empty, plain]) {
      for (let at = 0; at < text.length; at += size) {
        const answer = reader.read(Buffer.from(text.slice(at, at + size)));
        if (answer) read.push([answer.status, textOf(answer)]);
      }
    }
    expect(read).toEqual([
      [200, "hello"],
      [201, "hello"],
      [202, ""],
      [200, "hello"],
    ]);
  });

  test("with their head, as it came", () => {
    expect(new AnswerReader().read(Buffer.from(plain))?.head).toContain("Mcp-Session-Id: s");
  });
});
