import type { Message } from "../message.ts";

const accept = "application/json, text/event-stream";

export function post(
  url: string,
  message: object,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Response> {
  const all = { accept, "content-type": "application/json", ...headers };
  return fetch(url, { method: "POST", headers: all, body: JSON.stringify(message), signal: signal ?? null });
}

/** The answer in a response, JSON or an event stream; what else is in it goes to `heard`. */
export async function answerOf(response: Response, id: number, heard: Message[]): Promise<Message> {
  const text = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  const bodies = isStream
    ? [...text.matchAll(/^data: ?(\S.*)$/gm)].map(([, data]) => data as string)
    : [text];
  const messages = bodies.map((body) => JSON.parse(body) as Message);
  const answer = messages.find((message) => message.id === id && message.method === undefined);
  heard.push(...messages.filter((message) => message !== answer));
  if (!answer)
    throw new Error(`no answer to request ${id}, but HTTP ${response.status} ${text.slice(0, 500)}`);
  return answer;
}
