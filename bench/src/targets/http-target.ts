import { once } from "node:events";
import { HttpConnection } from "../client/http-connection.ts";
import type { Call } from "../client/load.ts";
import { type AnswerCheck, type Endpoint, holds, McpClient, textOf } from "../client/mcp-client.ts";
import { hasArgument, processTree } from "../measure/processes.ts";
import { fixtureFile, type Launched, type Launcher } from "./launcher.ts";
import type { OpenLanes, RunningTarget, TargetName } from "./target.ts";

export interface HttpTargetOptions {
  readonly name: TargetName;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its home, temporary files and state are. Default: a new one. */
  readonly home?: string | undefined;
  /** What a tool of the fixture is called here. Default: as the fixture calls it. */
  readonly tool?: (name: string) => string;
  /** Whether it answers what it is asked. Default: yes. */
  readonly answers?: boolean;
}

const START_MS = 20_000;

/** Starts a program that speaks MCP over HTTP, and waits until it says where it listens. */
export async function launchHttpTarget(
  launcher: Launcher,
  options: HttpTargetOptions,
): Promise<RunningTarget & { readonly url: string }> {
  const { name, tool = (text) => text, answers = true } = options;
  const launched = launcher.launch(options.command, options.args, { home: options.home });
  const port = await listeningPort(name, launched).catch(async (error: unknown) => {
    await launcher.stop(launched.child);
    throw error;
  });
  const endpoint: Endpoint = { port, path: "/mcp" };
  const pid = launched.child.pid ?? 0;
  // A program that starts the fixture itself has the fixture's file among its own arguments too.
  const isFixture = (other: number) => other !== pid && hasArgument(other, fixtureFile);
  return {
    name,
    url: `http://127.0.0.1:${port}${endpoint.path}`,
    async open(lanes, sessions) {
      const clients = await openClients(endpoint, lanes, sessions);
      return new HttpLanes(clients, tool, answers);
    },
    async openSessions(count) {
      const params = JSON.stringify({ name: tool("echo"), arguments: { text: "here" } });
      // One connection for all: that of each session would cost more than the session.
      using connection = await HttpConnection.open(port);
      for (let opened = 0; opened < count; opened++) {
        await (await McpClient.open(connection, endpoint)).send("tools/call", params);
      }
    },
    own: () => processTree(pid).filter((process) => !isFixture(process)),
    fixtures: () => processTree(pid).filter(isFixture).length,
    [Symbol.asyncDispose]: () => launcher.stop(launched.child),
  };
}

/** Each lane has a connection of its own, and one call in flight. */
class HttpLanes implements OpenLanes {
  readonly #clients: readonly McpClient[];
  readonly #name: (name: string) => string;
  readonly #answers: boolean;

  constructor(clients: readonly McpClient[], name: (name: string) => string, answers: boolean) {
    this.#clients = clients;
    this.#name = name;
    this.#answers = answers;
  }

  tool(name: string, args: object, check: AnswerCheck): Call[] {
    return this.#calls("tools/call", { name: this.#name(name), arguments: args }, check);
  }

  list(): Call[] {
    return this.#calls("tools/list", {}, holds('"tools"'));
  }

  async countTools(): Promise<number> {
    const result = await this.#clients[0]?.ask("tools/list", {});
    return Array.isArray(result?.tools) ? result.tools.length : 0;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client.connection[Symbol.dispose]();
  }

  #calls(method: string, params: object, check: AnswerCheck): Call[] {
    const written = JSON.stringify(params);
    return this.#clients.map((client) => async () => {
      const answer = await client.send(method, written);
      if (this.#answers && !check(answer)) {
        throw new Error(`Unexpected answer: ${textOf(answer).slice(0, 500)}`);
      }
    });
  }
}

async function openClients(endpoint: Endpoint, lanes: number, sessions: number): Promise<McpClient[]> {
  const opening = Array.from({ length: lanes }, () => HttpConnection.open(endpoint.port));
  const connections = await Promise.all(opening);
  const opened: McpClient[] = [];
  for (const connection of connections.slice(0, sessions)) {
    opened.push(await McpClient.open(connection, endpoint));
  }
  return connections.flatMap((connection, lane) => opened[lane % sessions]?.on(connection) ?? []);
}

async function listeningPort(name: TargetName, { child, output }: Launched): Promise<number> {
  const signal = AbortSignal.timeout(START_MS);
  const ended = once(child, "exit", { signal }).then(() => "ended" as const);
  ended.catch(() => {});
  for (;;) {
    const port = /(?:127\.0\.0\.1|localhost):(\d+)/.exec(output())?.[1];
    if (port !== undefined) return Number(port);
    if ((await Promise.race([once(child.stdout, "data", { signal }), ended])) === "ended") {
      throw new Error(`${name} ended: ${output()}`);
    }
  }
}
