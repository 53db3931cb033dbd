import { events } from "./events.ts";
import {
  initializedText,
  initializeText,
  type Raw,
  type RawOptions,
  RawRefusal,
  request,
  resultOf,
} from "./raw.ts";

/** A session over streamable HTTP, down to its requests. */
export interface RawHttp extends Raw {
  /** Sends a request, and leaves its stream at the event that holds a text. Gives the id of that event. */
  breakOff(text: string, at: string): Promise<string>;
  /** Goes on after an event, to the end of its stream. */
  goOn(lastEventId: string): Promise<string[]>;
}

export async function rawOverHttp(url: string, options: RawOptions): Promise<RawHttp> {
  const all: string[] = [];
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const own = (init: RequestInit & { headers?: Record<string, string> }) =>
    fetch(url, { ...init, headers: { ...headers, ...init.headers } });
  let pings = 0;

  const exchange = async (text: string): Promise<string[]> => {
    const response = await own({ method: "POST", body: text });
    const came: string[] = [];
    if (!response.ok) throw new RawRefusal(response.status, await response.text());
    headers["mcp-session-id"] ??= response.headers.get("mcp-session-id") ?? "";
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      for await (const { data } of events(response)) if (data !== "") came.push(data);
    } else {
      const body = await response.text();
      if (body !== "") came.push(body);
    }
    all.push(...came);
    return came;
  };

  const introduction = resultOf((await exchange(initializeText(options))).at(-1));
  headers["mcp-protocol-version"] = introduction.protocolVersion as string;
  const send = async (text: string) => {
    await exchange(text);
  };
  await send(initializedText);
  return {
    introduction,
    exchange,
    send,
    async breakOff(text, at) {
      const response = await own({ method: "POST", body: text });
      // Whoever leaves the loop leaves the stream.
      for await (const { id, data } of events(response)) {
        if (id !== undefined && data.includes(at)) return id;
      }
      throw new Error(`The stream ended before ${at}`);
    },
    async goOn(lastEventId) {
      const response = await own({ method: "GET", headers: { "last-event-id": lastEventId } });
      const came: string[] = [];
      for await (const { data } of events(response)) if (data !== "") came.push(data);
      return came;
    },
    async settled() {
      await exchange(request(`settled-${++pings}`, "ping"));
      return all;
    },
    async [Symbol.asyncDispose]() {
      await (await own({ method: "DELETE" })).arrayBuffer();
    },
  };
}
