import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Message } from "../../../support/message.ts";
import type { Behaviour } from "../behaviour.ts";
import { Honest } from "../honest.ts";
import { strayUrl, strayWord } from "../strays.ts";

const usual = "/messages";

/** Servers of the HTTP+SSE transport of 2024-11-05 that say the wrong thing about where messages go. */
export const legacySse = {
  "endpoint-elsewhere": legacy(
    "SSE of 2024: wants messages sent to another origin, at first",
    (request, isFirst) => [isFirst ? strayUrl(request) : usual],
  ),
  "no-endpoint": legacy("SSE of 2024: does not say where to send messages, at first", (_, isFirst) =>
    isFirst ? [] : [usual],
  ),
  "two-endpoints": legacy("SSE of 2024: names an endpoint here, then one elsewhere", (request) => [
    usual,
    strayUrl(request),
  ]),
} satisfies Record<string, Behaviour>;

/** `endpoints`: where the server says that messages go, one after another. */
function legacy(
  what: string,
  endpoints: (request: IncomingMessage, isFirst: boolean) => readonly string[],
): Behaviour {
  const server = new Honest();
  let streams = 0;
  let stream: ServerResponse | undefined;
  const tell = (event: string, data: string) => stream?.write(`event: ${event}\ndata: ${data}\n\n`);
  return {
    what,
    http(request, response) {
      if (request.method === "GET" && request.url === "/mcp") {
        stream = response.writeHead(200, { "content-type": "text/event-stream" });
        stream.flushHeaders();
        for (const endpoint of endpoints(request, streams++ === 0)) tell("endpoint", endpoint);
        return true;
      }
      if (request.method !== "POST") return false;
      void text(request).then((body) => {
        if (request.url !== usual) server.received.push(`${strayWord}${request.url}`);
        server.receive(JSON.parse(body) as Message, {
          send: (message) => void tell("message", JSON.stringify(message)),
          raw: (bytes) => void stream?.write(bytes),
          cut: () => void stream?.destroy(),
        });
        response.writeHead(202).end();
      });
      return true;
    },
  };
}
