import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { readBody } from "../src/body.ts";
import { PouredRequest } from "../src/poured-request.ts";
import { byteClient } from "./support/byte-client.ts";

/** A server that answers with the body of each request, in capitals; its client's bytes come as they are written. */
async function echo(limit = 1_000) {
  const requests: PouredRequest[] = [];
  const failures: unknown[] = [];
  const server = createServer(
    { IncomingMessage: PouredRequest, requireHostHeader: false },
    (incoming, outgoing) => {
      requests.push(incoming as PouredRequest);
      readBody(incoming, limit).then(
        (body) => outgoing.end(body.toString().toUpperCase()),
        (error: unknown) => {
          failures.push(error);
          incoming.on("end", () => outgoing.writeHead(413).end()).resume();
        },
      );
    },
  );
  return { server, requests, failures, ...(await byteClient(server)) };
}

function post(body: string): string {
  return `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const chunkedHead = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

it("has its body without a stream", async () => {
  const { socket, requests, said } = await echo();
  socket.write(post("hello"));
  await said("HELLO");
  expect(requests[0]?.readableFlowing).not.toBe(false);
  expect(requests[0]?.readableLength).toBe(0);
  expect(requests[0]?.listenerCount("data")).toBe(0);
});

it("has all of a body that comes in parts", async () => {
  const { socket, said } = await echo();
  socket.write(chunkedHead + chunk("one "));
  socket.write(chunk("two "));
  socket.write(`${chunk("three")}0\r\n\r\n`);
  await said("ONE TWO THREE");
});

it("has an empty body", async () => {
  const { socket, said } = await echo();
  socket.write(post("") + post("second"));
  expect(await said("SECOND")).toMatch(/content-length: 0\r\n/i);
});

it("is answered in order where many come over one connection at once", async () => {
  const { socket, said } = await echo();
  const bodies = Array.from({ length: 200 }, (_, index) => `number-${index};`);
  socket.write(bodies.map(post).join(""));
  const text = await said("NUMBER-199;");
  expect(text.match(/NUMBER-\d+/g)).toEqual(bodies.map((body) => body.slice(0, -1).toUpperCase()));
});

it("is a stream again once it is over the limit, so that its end can be waited for", async () => {
  const { socket, failures, said } = await echo(10);
  socket.write(chunkedHead + chunk("x".repeat(20)));
  socket.write(`${chunk("y".repeat(20))}0\r\n\r\n`);
  await said(" 413 ");
  expect(failures).toMatchObject([{ reason: "message_too_large" }]);
});

it("fails when it breaks off", async () => {
  const { server, socket, failures } = await echo();
  socket.write(chunkedHead + chunk("half of it"));
  const [, outgoing] = await once(server, "request");
  socket.destroy();
  await once(outgoing, "close");
  await new Promise(setImmediate);
  expect(failures).toMatchObject([{ reason: "cancelled" }]);
});
