import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { StringDecoder } from "node:string_decoder";
import type { Message } from "../history.ts";

export interface PostOptions {
  readonly port: number;
  readonly path: string;
  readonly agent: Agent;
  readonly method?: "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  onMessage?(message: Message, response: IncomingMessage): void;
  /** Nothing more will come; `how` it ended. Called once. */
  onEnd(how: string, status: number | undefined): void;
}

/** Milliseconds that a connection is kept for the next request: less than the gateway keeps it, or they may meet its end. */
const keptMs = 10_000;

/** The connections of one client. */
export function newAgent(): Agent {
  return new Agent({ keepAlive: true, timeout: keptMs });
}

/** Sends one HTTP request and reads what comes back: JSON, or an event stream. Destroy what it returns to leave. */
export function post(options: PostOptions): ClientRequest {
  const { port, path, agent, method = "POST", body } = options;
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    ...options.headers,
    ...(body ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {}),
  };
  let status: number | undefined;
  let isOver = false;
  const over = (how: string) => {
    if (isOver) return;
    isOver = true;
    options.onEnd(how, status);
  };
  const outgoing = request({ host: "127.0.0.1", port, path, agent, method, headers }, (response) => {
    status = response.statusCode;
    const give = (json: string) => {
      if (!isOver) options.onMessage?.(JSON.parse(json) as Message, response);
    };
    read(response, give, (how) => over(`${how}, status ${status}`));
  });
  outgoing.on("error", (error) => over(error.message));
  outgoing.on("close", () => over("the connection was closed"));
  outgoing.end(text);
  return outgoing;
}

function read(response: IncomingMessage, give: (json: string) => void, over: (how: string) => void): void {
  const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
  const decoder = new StringDecoder();
  let rest = "";
  response.on("data", (chunk: Buffer) => {
    rest += decoder.write(chunk);
    if (!isStream) return;
    const events = rest.split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: ?(\S.*)$/m.exec(event)?.[1];
      if (data !== undefined) give(data);
    }
  });
  response.on("error", (error) => over(error.message));
  response.on("end", () => {
    if (!isStream && rest !== "") give(rest);
    over("the response ended");
  });
}
