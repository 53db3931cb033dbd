import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { events } from "../../clients/events.ts";
import { request } from "../../clients/raw.ts";
import { exchangeOver, type Pipe } from "../../clients/raw-pipe.ts";
import type { Json } from "../../clients/test-client.ts";
import { type EraRaw, newId, type RawAskOptions, readAnswer } from "./era-raw.ts";

export const modernVersion = "2026-07-28";

const reserved = "io.modelcontextprotocol/";
const everything = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

/** A client without a session over HTTP; each request has a TCP connection of its own. */
export function modernRawOverHttp(url: string): EraRaw {
  return {
    async ask(method, params = {}, options = {}) {
      const name = params.name ?? params.uri;
      const headers = {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": modernVersion,
        "mcp-method": method,
        ...(name === undefined ? {} : { "mcp-name": String(name) }),
        ...options.headers,
      };
      const outgoing = httpRequest(url, { method: "POST", headers, agent: false });
      outgoing.end(modernRequest(method, params, options));
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      const response = new Response(Readable.toWeb(incoming) as ReadableStream);
      const came: string[] = [];
      if (incoming.headers["content-type"]?.startsWith("text/event-stream")) {
        for await (const { data } of events(response)) came.push(data);
      } else came.push(await response.text());
      return readAnswer(came, incoming.statusCode);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The same over one pipe. */
export function modernRawOverPipe(pipe: Pipe): EraRaw {
  const exchange = exchangeOver(pipe);
  return {
    ask: async (method, params = {}, options = {}) =>
      readAnswer(await exchange(modernRequest(method, params, options))),
    [Symbol.asyncDispose]: () => pipe[Symbol.asyncDispose](),
  };
}

function modernRequest(method: string, params: Json, options: RawAskOptions): string {
  const { id = newId(), meta, capabilities = everything } = options;
  const _meta = {
    [`${reserved}protocolVersion`]: modernVersion,
    [`${reserved}clientInfo`]: { name: "raw", version: "1.0.0" },
    [`${reserved}clientCapabilities`]: capabilities,
    ...meta,
  };
  return request(id, method, { ...params, _meta });
}
