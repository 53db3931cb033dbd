import type { Message } from "../../../support/message.ts";
import { type Behaviour, isMischief } from "../behaviour.ts";
import { said } from "../honest.ts";
import { drip, events, head, pour, writes } from "../raw-http.ts";

/** HTTP servers whose event streams are not what they should be. */
export const eventStreams = {
  "endless-sse-line": writes("SSE: a line without an end", (socket) => {
    socket.write(`${head("200 OK", events)}data: `);
    pour(socket, Buffer.alloc(65_536, "x"));
  }),
  "endless-event": writes("SSE: an event without an end", (socket) => {
    socket.write(head("200 OK", events));
    pour(socket, Buffer.from(`data: ${"x".repeat(60_000)}\n`));
  }),
  "comments-only": writes("SSE: nothing but comments", (socket) => {
    socket.write(head("200 OK", events));
    drip(socket, ": still here\n\n", 100);
  }),
  "million-data-lines": {
    what: "SSE: an event of a million lines before the answer",
    receive(message, wire, server) {
      if (!isMischief(message) || !wire.http) return server.receive(message, wire);
      const { response } = wire.http;
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let line = 0; line < 1_000_000; line += 10_000) response.write("data:\n".repeat(10_000));
      response.end(`\n${answerEvent(message)}`);
    },
  },
  "nul-in-id": {
    what: "SSE: the id of an event holds a NUL",
    receive(message, wire, server) {
      if (!isMischief(message) || !wire.http) return server.receive(message, wire);
      const { response } = wire.http;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`id: a\0b\n${answerEvent(message)}`);
    },
  },
  "hasty-retry": hastyRetry(),
} satisfies Record<string, Behaviour>;

/** Ends the stream of a call ahead of its answer, and tells who comes back after how many milliseconds that was. */
function hastyRetry(): Behaviour {
  let call: Message | undefined;
  let endedAt = 0;
  return {
    what: "SSE: wants to be asked again after 0 ms",
    http({ method, headers }, response) {
      if (method !== "GET" || headers["last-event-id"] !== "1" || !call) return false;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`id: 2\n${answerEvent(call, String(Math.round(performance.now() - endedAt)))}`);
      return true;
    },
    receive(message, wire, server) {
      if (!isMischief(message) || !wire.http) return server.receive(message, wire);
      call = message;
      endedAt = performance.now();
      const { response } = wire.http;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end("id: 1\nretry: 0\ndata:\n\n");
    },
  };
}

function answerEvent({ id }: Message, text = "survived"): string {
  return `data: ${JSON.stringify(said(id, text))}\n\n`;
}
