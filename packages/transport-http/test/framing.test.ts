import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { connectRaw, served } from "./support/http.ts";

const hidden = "POST /servers/pg/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
const post = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const get = "GET /servers HTTP/1.1\r\nHost: localhost\r\n";

/** All that the server answers until it closes. */
async function answersTo(port: number, bytes: string): Promise<string> {
  const socket = connectRaw(port);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.end(bytes, "latin1");
  await once(socket, "close");
  return text;
}

describe("a request whose end two readers may see at different places", () => {
  it.each([
    [
      "both a length and chunks",
      `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["two lengths", `${post}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ["a length that is no number", `${post}Content-Length: 0x0\r\n\r\n${hidden}`],
    ["a length with a sign", `${post}Content-Length: +0\r\n\r\n${hidden}`],
    ["an unknown encoding", `${post}Transfer-Encoding: xchunked\r\n\r\n${hidden}`],
    [
      "chunks that are not the last encoding",
      `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["a space before the colon", `${post}Content-Length : 0\r\n\r\n${hidden}`],
    ["a folded header", `${post}X-A: 1\r\n Content-Length: 0\r\n\r\n${hidden}`],
    ["a chunk size with a sign", `${post}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${hidden}`],
    ["a lone line feed in the head", `${post}X-A: 1\nContent-Length: 0\r\n\r\n${hidden}`],
    ["a lone carriage return in the head", `${post}X-A: 1\rContent-Length: 0\r\n\r\n${hidden}`],
    ["a NUL in the head", `${post}X-A: \0\r\n\r\n${hidden}`],
  ])("is refused with the connection: %s", async (_what, bytes) => {
    const { port, gateway } = await served();
    const text = await answersTo(port, bytes);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(text).not.toContain("already stopped");
    expect(gateway.frames).toEqual([]);
  });
});

describe("what is no plain request", () => {
  it.each([
    ["CONNECT", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["another protocol's greeting", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a version that is none", "GET /servers HTTP/9.9\r\nHost: localhost\r\n\r\n"],
    ["no version", "GET /servers\r\n\r\n"],
    ["a method that is none", "get /servers HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a handshake of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["a path with a NUL", "GET /servers\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ])("opens nothing: %s", async (_what, bytes) => {
    const { port } = await served();
    expect(await answersTo(port, bytes)).not.toMatch(/HTTP\/1\.1 2\d\d/);
  });

  it("is a wish for another protocol, which is ignored, behind the same guard", async () => {
    const { port } = await served({ apiKey: "k" });
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";
    expect(await answersTo(port, get + upgrade)).toMatch(/^HTTP\/1\.1 401 /);
    const stranger = get.replace("localhost", "evil.com");
    expect(await answersTo(port, stranger + upgrade)).toMatch(/^HTTP\/1\.1 403 /);
  });
});
