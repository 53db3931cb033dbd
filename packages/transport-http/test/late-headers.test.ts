import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, Server } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { handOverRequests, LateHeadersRequest } from "../src/late-headers.ts";
import { byteClient } from "./support/byte-client.ts";

/** A server that tells of each request which headers it has, and a way to send it some. */
async function listening() {
  const requests: IncomingMessage[] = [];
  const server = createServer({ IncomingMessage: LateHeadersRequest, requireHostHeader: false });
  handOverRequests(server);
  server.on("request", (incoming, outgoing) => {
    requests.push(incoming);
    outgoing.end(JSON.stringify(incoming.headers));
  });
  return { requests, ...(await byteClient(server)) };
}

const ask = "GET / HTTP/1.1\r\nHost: localhost\r\nTraceparent: 00-1\r\n\r\n";
const all = { host: "localhost", traceparent: "00-1" };

it("has all headers when it is heard of", async () => {
  const { socket, requests, said } = await listening();
  socket.write(ask);
  await said(JSON.stringify(all));
  expect(requests[0]?.headers).toEqual(all);
});

it("has none before, as far as Node need not see them", async () => {
  const seen: unknown[] = [];
  class Watched extends LateHeadersRequest {
    override handOver() {
      seen.push(this.headers);
      super.handOver();
    }
  }
  const server = createServer({ IncomingMessage: Watched, requireHostHeader: false }, (_, outgoing) => {
    outgoing.end();
  });
  handOverRequests(server);
  const { socket, said } = await byteClient(server);
  socket.write(ask);
  await said("200 OK");
  expect(seen).toEqual([{}]);
});

it("lets Node see what a client expects", async () => {
  const { socket, said } = await listening();
  socket.write("POST / HTTP/1.1\r\nhost: a\r\nEXPECT: 100-continue\r\nContent-Length: 5\r\n\r\n");
  await said("HTTP/1.1 100 Continue");
  await said('"expect":"100-continue"');
  socket.write("helloPOST / HTTP/1.1\r\nhost: a\r\nExpect: wonders\r\nContent-Length: 0\r\n\r\n");
  await said("417 Expectation Failed");
});

it("shows them to those who wrap the events of all servers", async () => {
  const { emit } = Server.prototype;
  onTestFinished(() => {
    Server.prototype.emit = emit;
  });
  const { socket, said } = await listening();
  const seen: IncomingHttpHeaders[] = [];
  Server.prototype.emit = function (this: Server, ...event: unknown[]) {
    if (event[0] === "request") seen.push((event[1] as IncomingMessage).headers);
    return Reflect.apply(emit, this, event);
  };
  socket.write(ask);
  await said("traceparent");
  expect(seen).toEqual([all]);
});

it("shows them to those who hear of a request before it is handed over", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const hear = (message: unknown) => seen.push((message as { request: IncomingMessage }).request.headers);
  subscribe("http.server.request.start", hear);
  onTestFinished(() => void unsubscribe("http.server.request.start", hear));
  const { socket, said } = await listening();
  socket.write(ask);
  await said("traceparent");
  expect(seen).toEqual([all]);
});
