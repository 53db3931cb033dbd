import { events } from "./events.ts";
import { RawRefusal } from "./raw.ts";
import type { Pipe } from "./raw-pipe.ts";

/** The legacy transport: one stream for all that comes, a POST for each message that goes. */
export async function ssePipe(url: string): Promise<Pipe & { readonly messages: URL }> {
  const ending = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: ending.signal });
  if (!response.ok) throw new RawRefusal(response.status, await response.text());
  const stream = events(response);
  const { value: first } = await stream.next();
  if (first?.event !== "endpoint") throw new Error(`The stream began with ${JSON.stringify(first)}`);
  const messages = new URL(first.data, url);
  const pipe = {
    messages,
    onText: (_text: string) => {},
    async send(text: string) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(messages, { method: "POST", body: text, headers });
      const body = await answer.text();
      if (!answer.ok) throw new RawRefusal(answer.status, body);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await ended;
    },
  };
  const ended = (async () => {
    for await (const { data } of stream) pipe.onText(data);
  })().catch(() => {});
  return pipe;
}
