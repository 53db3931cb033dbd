import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import type { ScriptedServer } from "@omg/runtime-testkit";
import { bodyOf, httpServer, type TestServer } from "./http-server.ts";

export type BridgeKind = "streamable-http" | "sse";

/** The scripted server behind HTTP, with a process of its own for each session. */
export interface Bridge extends TestServer {
  readonly url: string;
  /** What is there: processes and connections, in words. */
  left(): string[];
}

interface Conversation {
  readonly child: ChildProcess;
  /** Where the answer to a request goes. */
  readonly answers: Map<unknown, ServerResponse>;
  /** The stream of everything else. */
  listener: ServerResponse | undefined;
}

export async function scriptedBridge(script: ScriptedServer, kind: BridgeKind): Promise<Bridge> {
  const conversations = new Map<string, Conversation>();
  const server = await httpServer((request, response) => {
    const id = String(
      request.headers["mcp-session-id"] ?? new URL(request.url ?? "", "http://x").search.slice(1),
    );
    const handle = kind === "sse" ? handleSse : handleStreamable;
    handle(request, response, conversations.get(id), id).catch(() => response.destroy());
  });

  function converse(id: string): Conversation {
    const child = spawn(process.execPath, [script.file, ...script.args], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const conversation: Conversation = { child, answers: new Map(), listener: undefined };
    conversations.set(id, conversation);
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as { id?: unknown; method?: string };
      const answer = message.method === undefined ? conversation.answers.get(message.id) : undefined;
      (answer ?? conversation.listener)?.write(`event: message\ndata: ${line}\n\n`);
      answer?.end();
      conversation.answers.delete(message.id);
    });
    child.once("close", () => {
      conversations.delete(id);
      for (const stream of [...conversation.answers.values(), conversation.listener]) stream?.end();
    });
    return conversation;
  }

  async function handleStreamable(
    request: IncomingMessage,
    response: ServerResponse,
    known: Conversation | undefined,
    id: string,
  ): Promise<void> {
    const text = await bodyOf(request);
    const message = (text === "" ? {} : JSON.parse(text)) as { id?: unknown; method?: string };
    const isNew = message.method === "initialize";
    if (!known && !isNew) return void response.writeHead(id === "" ? 400 : 404).end();
    const session = isNew ? randomUUID() : id;
    const conversation = known ?? converse(session);
    if (request.method === "DELETE") {
      conversation.child.stdin?.end();
      response.writeHead(204).end();
    } else if (request.method === "GET") {
      conversation.listener = response;
      stream(response);
    } else {
      const isRequest = message.method !== undefined && message.id !== undefined;
      if (isRequest) {
        conversation.answers.set(message.id, response);
        stream(response, isNew ? { "mcp-session-id": session } : {});
      } else response.writeHead(202).end();
      conversation.child.stdin?.write(`${text}\n`);
    }
  }

  async function handleSse(
    request: IncomingMessage,
    response: ServerResponse,
    known: Conversation | undefined,
  ): Promise<void> {
    const text = await bodyOf(request);
    if (request.method === "GET") {
      const id = randomUUID();
      const conversation = converse(id);
      conversation.listener = response;
      response.once("close", () => conversation.child.stdin?.end());
      stream(response).write(`event: endpoint\ndata: /messages?${id}\n\n`);
    } else if (known && request.url?.startsWith("/messages")) {
      known.child.stdin?.write(`${text}\n`);
      response.writeHead(202).end("Accepted");
    } else response.writeHead(request.url === "/sse" ? 405 : 404).end();
  }

  return {
    ...server,
    get connections() {
      return server.connections;
    },
    url: `${server.origin}/${kind === "sse" ? "sse" : "mcp"}`,
    left: () => [
      ...[...conversations.values()].map(({ child }) => `process ${child.pid}`),
      ...[...server.sockets].map(({ remotePort }) => `connection from port ${remotePort}`),
    ],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      const ends = [...conversations.values()].map(async ({ child }) => {
        const closed = new Promise((resolve) => child.once("close", resolve));
        child.kill("SIGKILL");
        await closed;
      });
      await Promise.all(ends);
    },
  };
}

function stream(response: ServerResponse, headers: Record<string, string> = {}): ServerResponse {
  response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
  response.flushHeaders();
  return response;
}
