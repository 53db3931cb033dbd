import assert from "node:assert/strict";
import { processesWith } from "../../apps/gateway/test/support/processes.ts";
import { errorOf, type GatewayError, textOf } from "../support/answers.ts";
import type { Containers } from "../support/containers.ts";
import type { Front, FrontName } from "../support/fronts/front.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import type { Message } from "../support/message.ts";
import type { Upstream } from "./evil-case.ts";
import { withRoom } from "./room.ts";

export interface ExpectedError {
  readonly reason: string;
  readonly detail?: string;
  readonly executed?: "no" | "unknown";
  readonly message?: RegExp;
  readonly retryAfterMs?: number;
  /** Longest time to the answer, in milliseconds. */
  readonly withinMs?: number;
}

export interface StageParts {
  readonly front: Front;
  readonly name: FrontName;
  readonly upstream: Upstream;
  readonly gateway: GatewayProcess;
  /** Those of the evil server, if it runs in containers. */
  readonly containers: Containers | undefined;
  /** In the arguments of every server. */
  readonly mark: string;
  /** Another client of the same gateway. */
  readonly another: () => Promise<Front>;
}

/** What an engine may add to the time to an answer, in milliseconds: it has a container to make or to end. */
const engineMs = 2000;

/** One evil server behind a gateway, with one client in front, and an honest server beside it. */
export class Stage {
  readonly front: Front;
  readonly name: FrontName;
  readonly upstream: Upstream;
  readonly gateway: GatewayProcess;
  /** Opens another client; on stdio there can be none. */
  readonly another: () => Promise<Front>;
  readonly #containers: Containers | undefined;
  readonly #mark: string;

  constructor({ front, name, upstream, gateway, containers, mark, another }: StageParts) {
    this.front = front;
    this.name = name;
    this.upstream = upstream;
    this.gateway = gateway;
    this.another = another;
    this.#containers = containers;
    this.#mark = mark;
  }

  /** Whether the gateway and the server speak over stdin and stdout. */
  get isStdio(): boolean {
    return this.upstream !== "http";
  }

  /** Those of the evil server. */
  get containers(): Containers {
    return this.#containers ?? assert.fail("the evil server is in no container");
  }

  /** Calls a tool of the evil server. */
  call(tool: string, args: object = {}, signal?: AbortSignal): Promise<Message> {
    return this.front.request("tools/call", { name: `evil__${tool}`, arguments: args }, signal);
  }

  /** A call that must go well; gives its text. */
  async says(tool: string, args: object = {}): Promise<string> {
    return textOf(await this.call(tool, args));
  }

  /** The evil server answers a call as it should. */
  async works(): Promise<string> {
    assert.equal(await this.says("echo", { text: "hello" }), "hello");
    return "works";
  }

  /** A list has been asked for, and the evil server is ready if that has started it. */
  async isReady(): Promise<void> {
    await this.front.request("tools/list");
    if (this.starts === 0) return;
    await this.gateway.logged(({ message, server_id }) => message === "Server ready" && server_id === "evil");
  }

  /** The process of the evil server, and where it is, found by a call that goes well. */
  pid(): Promise<string> {
    return this.says("pid");
  }

  /** A call finds the process that was there before. */
  async isKept(pid: string): Promise<string> {
    assert.equal(await this.pid(), pid, "the server was started anew");
    return "works, in the same process";
  }

  /** A call finds another process. */
  async isNew(pid: string): Promise<string> {
    assert.notEqual(await this.pid(), pid, "the server was not started anew");
    return "works, in a new process";
  }

  /** An answer that must be this error; gives its words for the table. */
  async fails(answer: Promise<Message>, expected: ExpectedError): Promise<string> {
    const start = performance.now();
    const message = await answer;
    const elapsedMs = Math.round(performance.now() - start);
    const { reason, detail, executed, message: words, retryAfterMs, withinMs } = expected;
    const error = errorOf(message);
    const seen = JSON.stringify(message).slice(0, 600);
    assert.equal(error.data.reason, reason, seen);
    if (detail !== undefined) assert.equal(error.data.detail, detail, seen);
    if (executed !== undefined) assert.equal(error.data.executed, executed, seen);
    if (retryAfterMs !== undefined) assert.equal(error.data.retryAfterMs, retryAfterMs, seen);
    if (words) assert.match(error.message, words);
    const longestMs = (withinMs ?? Number.POSITIVE_INFINITY) + (this.#containers ? engineMs : 0);
    assert.ok(elapsedMs <= withRoom(longestMs), `the error came after ${elapsedMs} ms`);
    return `${wordsOf(error)} after ${elapsedMs} ms`;
  }

  /** The next call finds the server in a pause after its failure. */
  async restsNow(): Promise<string> {
    const answer = this.call("echo", { text: "again" });
    return this.fails(answer, { reason: "upstream_backoff", executed: "no" });
  }

  /** How often the evil server was started. */
  get starts(): number {
    const isStart = ({ message, server_id }: Record<string, unknown>) =>
      message === "Starting server" && server_id === "evil";
    return this.gateway.log.filter(isStart).length;
  }

  /** Messages that the gateway has dropped, which only the fronts over HTTP can tell. */
  async dropped(): Promise<number | undefined> {
    if (this.name === "stdio") return undefined;
    const response = await fetch(`${await this.gateway.url()}/stats`);
    return ((await response.json()) as { dropped_messages: number }).dropped_messages;
  }

  /** At least so many messages were dropped, where that can be told. */
  async hasDropped(count: number): Promise<void> {
    const dropped = await this.dropped();
    assert.ok((dropped ?? count) >= count, `${dropped} messages were dropped, not ${count}`);
  }

  /** Processes that the evil server has started and that are still there; those in containers are seen by root only. */
  get grandchildren(): number[] {
    return processesWith(`EVIL_GRANDCHILD=${this.#mark}`);
  }
}

/** Of an error, for the table. */
export function wordsOf({ code, data }: GatewayError): string {
  return `${code} ${data.reason}${data.detail ? `/${data.detail}` : ""}`;
}
