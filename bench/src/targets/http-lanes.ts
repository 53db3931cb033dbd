import { type AnswerCheck, ask, type Conversation, checked, holds } from "../client/conversation.ts";
import { HttpConnection } from "../client/http-connection.ts";
import type { Call } from "../client/load.ts";
import { McpClient } from "../client/mcp-client.ts";
import { SseClient } from "../client/sse-client.ts";
import type { OpenLanes } from "./target.ts";

/** One way into a program that speaks MCP over HTTP. */
export interface Entrance {
  readonly path: string;
  readonly transport: "streamable" | "sse";
  /** What a tool of the fixture is called there. */
  tool(name: string): string;
  /** Whether it answers what it is asked. */
  readonly answers: boolean;
}

const clients = { streamable: McpClient, sse: SseClient } as const;

/** Opens a session, on a connection that others may use too. */
export function openConversation(
  connection: HttpConnection,
  port: number,
  { path, transport }: Entrance,
): Promise<Conversation> {
  return clients[transport].open(connection, { port, path });
}

/** Each lane has a connection of its own, and one call in flight. */
export class HttpLanes implements OpenLanes {
  readonly #entrance: Entrance;
  readonly #connections: readonly HttpConnection[];
  /** One of each session comes first. */
  readonly #lanes: readonly Conversation[];
  readonly #sessions: number;

  private constructor(
    entrance: Entrance,
    connections: readonly HttpConnection[],
    sessions: readonly Conversation[],
  ) {
    this.#entrance = entrance;
    this.#connections = connections;
    this.#sessions = sessions.length;
    this.#lanes = connections.flatMap(
      (connection, lane) => sessions[lane % sessions.length]?.on(connection) ?? [],
    );
  }

  static async open(port: number, entrance: Entrance, lanes: number, sessions: number): Promise<HttpLanes> {
    const opened: Conversation[] = [];
    // Where a session takes long to open, connections of its own would be closed before they are used.
    using opening = await HttpConnection.open(port);
    try {
      while (opened.length < sessions) opened.push(await openConversation(opening, port, entrance));
      const connections = await Promise.all(Array.from({ length: lanes }, () => HttpConnection.open(port)));
      return new HttpLanes(entrance, connections, opened);
    } catch (error) {
      await Promise.allSettled(opened.map((session) => session.end()));
      throw error;
    }
  }

  tool(name: string, args: object, check: AnswerCheck): Call[] {
    return this.#calls("tools/call", { name: this.#entrance.tool(name), arguments: args }, check);
  }

  list(check: AnswerCheck = holds('"tools"')): Call[] {
    return this.#calls("tools/list", {}, check);
  }

  async countTools(): Promise<number> {
    const [lane] = this.#lanes;
    const result = lane && (await ask(lane, "tools/list", {}));
    return Array.isArray(result?.tools) ? result.tools.length : 0;
  }

  /** Sessions end even where the other side does not say so. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#lanes.slice(0, this.#sessions).map((lane) => lane.end()));
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }

  #calls(method: string, params: object, check: AnswerCheck): Call[] {
    const written = JSON.stringify(params);
    return this.#lanes.map((lane) => async () => {
      const answer = await lane.send(method, written);
      if (this.#entrance.answers) checked(answer, check);
    });
  }
}
