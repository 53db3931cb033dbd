import assert from "node:assert/strict";
import type { Front, FrontName } from "../support/fronts/front.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import type { Upstream } from "./evil-case.ts";
import type { Message } from "./server/message.ts";

export interface ExpectedError {
  readonly reason: string;
  readonly detail?: string;
  readonly executed?: "no" | "unknown";
  readonly message?: RegExp;
  /** Longest time to the answer, in milliseconds. */
  readonly withinMs?: number;
}

/** One evil server behind a gateway, with one client in front, and an honest server beside it. */
export class Stage {
  readonly front: Front;
  readonly name: FrontName;
  readonly upstream: Upstream;
  readonly gateway: GatewayProcess;

  constructor(front: Front, name: FrontName, upstream: Upstream, gateway: GatewayProcess) {
    this.front = front;
    this.name = name;
    this.upstream = upstream;
    this.gateway = gateway;
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
  async works(): Promise<void> {
    assert.equal(await this.says("echo", { text: "hello" }), "hello");
  }

  /** An answer that must be this error; gives its words for the table. */
  async fails(answer: Promise<Message>, expected: ExpectedError): Promise<string> {
    const start = performance.now();
    const message = await answer;
    const elapsedMs = Math.round(performance.now() - start);
    const { reason, detail, executed, message: words, withinMs } = expected;
    const error = errorOf(message);
    const seen = JSON.stringify(message).slice(0, 600);
    assert.equal(error.data.reason, reason, seen);
    if (detail !== undefined) assert.equal(error.data.detail, detail, seen);
    if (executed !== undefined) assert.equal(error.data.executed, executed, seen);
    if (words) assert.match(error.message, words);
    if (withinMs !== undefined) assert.ok(elapsedMs <= withinMs, `the error came after ${elapsedMs} ms`);
    return `${error.code} ${reason}${error.data.detail ? `/${error.data.detail}` : ""} after ${elapsedMs} ms`;
  }

  /** The next call finds the server in a pause after its failure. */
  async restsNow(): Promise<void> {
    await this.fails(this.call("echo", { text: "again" }), { reason: "upstream_backoff", executed: "no" });
  }
}

export interface GatewayError {
  readonly code: number;
  readonly message: string;
  readonly data: {
    readonly reason: string;
    readonly detail?: string;
    readonly executed: string;
    readonly retryAfterMs?: number;
  };
}

/** The error in an answer, which must be the gateway's own. */
function errorOf(message: Message): GatewayError {
  const error = message.error as GatewayError | undefined;
  assert.ok(error?.data?.reason, `no error of the gateway: ${JSON.stringify(message).slice(0, 600)}`);
  return error;
}

export function textOf(message: Message): string {
  const content = (message.result as { content?: { text: string }[] } | undefined)?.content;
  assert.ok(content?.[0], `no result of a tool: ${JSON.stringify(message).slice(0, 600)}`);
  return content[0].text;
}
