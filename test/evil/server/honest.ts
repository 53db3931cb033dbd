import { hostname } from "node:os";
import type { Message } from "../../support/message.ts";
import type { Wire } from "./wire.ts";

const versions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: object;
}

/** What the server offers. The tool misbehave does nothing here: it is where evil servers are evil. */
export const tools: readonly Tool[] = ["echo", "sleep", "received", "pid", "env", "misbehave"].map(
  (name) => ({
    name,
    description: `The tool ${name}`,
    inputSchema: { type: "object" },
  }),
);

/** An MCP server of the legacy era that does as it should: the ground that every evil one stands on. */
export class Honest {
  /** The methods of all that came; for cancellations also what was cancelled, for answers what they say. */
  readonly received: string[] = [];

  receive(message: Message, wire: Wire): void {
    const { id, method, params = {} } = message;
    this.received.push(wordsOf(message));
    if (id === undefined || id === null || method === undefined) return;
    if (method === "initialize") wire.send(result(id, this.introduction(params)));
    else if (method === "ping") wire.send(result(id, {}));
    else if (method === "tools/list") wire.send(result(id, { tools }));
    else if (method === "tools/call") this.#call(id, params, wire);
    else wire.send({ jsonrpc: "2.0", id, error: { code: -32601, message: `Method not found: ${method}` } });
  }

  introduction({ protocolVersion }: { readonly protocolVersion?: unknown }): object {
    const version = versions.find((known) => known === protocolVersion) ?? versions[0];
    return {
      protocolVersion: version,
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: "evil", version: "1" },
    };
  }

  #call(id: string | number, params: Message["params"] = {}, wire: Wire): void {
    const given = (params.arguments ?? {}) as Record<string, unknown>;
    if (params.name === "sleep") {
      setTimeout(() => wire.send(said(id, "slept")), Number(given.ms ?? 1000));
      return;
    }
    const text = this.#words(params.name, given);
    const error = { code: -32602, message: `Unknown tool: ${params.name}` };
    wire.send(text === undefined ? { jsonrpc: "2.0", id, error } : said(id, text));
  }

  #words(tool: unknown, given: Record<string, unknown>): string | undefined {
    switch (tool) {
      case "echo":
        return String(given.text);
      case "received":
        return JSON.stringify(this.received);
      case "pid":
        // Each container counts its processes from 1, but has a name of its own.
        return `${hostname()} ${process.pid}`;
      case "misbehave":
        return "did nothing";
      case "env":
        return JSON.stringify(process.env);
      default:
        return undefined;
    }
  }
}

/** The right answer to a call of the tool `echo`. */
export function echoed({ id, params = {} }: Message): object {
  return said(id, String((params.arguments as { text?: unknown } | undefined)?.text));
}

/** A message in the list of what was received. */
function wordsOf({ method, params, error, result }: Message): string {
  if (method === "notifications/cancelled") return `${method} ${params?.requestId}`;
  return method ?? `answer ${JSON.stringify(error ?? result)}`;
}

export function result(id: Message["id"], value: object): object {
  return { jsonrpc: "2.0", id, result: value };
}

/** The result of a tool that says one thing. */
export function said(id: Message["id"], text: string): object {
  return result(id, { content: [{ type: "text", text }] });
}
