import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { expect, test } from "vitest";
import { sendJson } from "../src/http-errors.ts";

/** What a client gets for these pieces, and how many writes the socket was given. */
async function sent(body: Buffer | readonly Buffer[]) {
  let writes = 0;
  const server = createServer((_incoming, outgoing) => {
    const { socket } = outgoing;
    if (!(socket instanceof Socket)) throw new Error("No socket");
    const { _write, _writev } = socket;
    socket._write = (...args) => {
      writes++;
      _write.apply(socket, args);
    };
    socket._writev = (...args) => {
      writes++;
      _writev?.apply(socket, args);
    };
    sendJson(outgoing, 200, body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
    return { length: answer.headers.get("content-length"), text: await answer.text(), writes };
  } finally {
    server.close();
  }
}

test.each([1, 100, 5_000, 100_000])(
  "pieces of %i bytes leave as one document, in one write",
  async (length) => {
    const pieces = ['{"é":"', "ü".repeat(length), '"}'].map((text) => Buffer.from(text));
    const whole = Buffer.concat(pieces);
    const expected = { length: String(whole.length), text: whole.toString(), writes: 1 };
    expect(await sent(pieces)).toEqual(expected);
    expect(await sent(whole)).toEqual(expected);
  },
);
