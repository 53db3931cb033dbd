import assert from "node:assert/strict";
import { textOf } from "../../support/answers.ts";
import type { EvilCase, Outcome, Upstream } from "../evil-case.ts";
import type { ExpectedError, Stage } from "../stage.ts";

const everywhere: readonly Upstream[] = ["stdio", "http"];
const timeout = { reason: "upstream_timeout", executed: "unknown", withinMs: 2500 } as const;
const noMcp = { reason: "upstream_protocol_error", executed: "unknown", withinMs: 1500 } as const;

/** Servers whose answers are not what they should be. */
export const answers: readonly EvilCase[] = [
  {
    id: "E15",
    mode: "never-answers",
    upstreams: everywhere,
    // One call at a time: the next one shows that the place is free again.
    config: { request_timeout_seconds: 1, max_connections_per_server: 1 },
    async play(stage) {
      const outcome = await isKeptAfter(stage, timeout);
      const received = JSON.parse(await stage.says("received")) as string[];
      assert.equal(received.filter((what) => what.startsWith("notifications/cancelled")).length, 1);
      return outcome;
    },
  },
  {
    id: "E17",
    mode: "answers-late",
    upstreams: everywhere,
    config: { request_timeout_seconds: 1 },
    async play(stage) {
      const outcome = await isKeptAfter(stage, timeout);
      // Over HTTP nobody reads the connection any more on which the answer comes.
      if (stage.isStdio) await stage.hasDropped(1);
      return outcome;
    },
  },
  {
    id: "E18",
    mode: "wrong-id",
    upstreams: everywhere,
    config: { request_timeout_seconds: 1 },
    async play(stage) {
      const outcome = await isKeptAfter(stage, timeout);
      await stage.hasDropped(1);
      return outcome;
    },
  },
  {
    id: "E18",
    mode: "wrong-ids",
    upstreams: everywhere,
    async play(stage) {
      const message = /answers what it was not asked, more than 100 times a minute/;
      await stage.pid();
      const seen = await stage.fails(stage.call("echo"), { ...noMcp, message });
      await stage.hasDropped(100);
      await stage.pid();
      assert.equal(stage.starts, 2);
      return { seen, next: "works, started anew" };
    },
  },
  {
    id: "E19",
    mode: "text-id",
    upstreams: everywhere,
    config: { request_timeout_seconds: 1 },
    async play(stage) {
      const outcome = await isKeptAfter(stage, timeout);
      await stage.hasDropped(1);
      return outcome;
    },
  },
  {
    id: "E20",
    mode: "answers-twice",
    upstreams: everywhere,
    async play(stage) {
      await stage.works();
      const next = await stage.works();
      if (stage.isStdio) await stage.hasDropped(2);
      return { seen: "the first answer", next };
    },
  },
  isNoMcp("E21", "result-and-error"),
  isNoMcp("E21", "neither-result-nor-error"),
  isNoMcp("E21", "jsonrpc-1"),
  {
    id: "E22",
    mode: "guesses-ids",
    upstreams: everywhere,
    async play(stage) {
      // Over stdio there is one client: its other call is with the other server.
      const isAlone = stage.name === "stdio";
      const victim = isAlone ? stage.front : await stage.another();
      const call = { name: isAlone ? "good__sleep" : "evil__sleep", arguments: { ms: 500 } };
      const slept = victim.request("tools/call", call);
      await stage.works();
      assert.equal(textOf(await slept), "slept");
      await stage.hasDropped(25);
      if (!isAlone) await victim[Symbol.asyncDispose]();
      return { seen: "normal result, the victim's too", next: await stage.works() };
    },
    entry: { scope: "session" },
  },
  isTaken("E23", "batches-of-2025-03"),
  isTaken("E23", "batches-of-today"),
  isNoMcp("E24", "text-code"),
  isNoMcp("E24", "deep-error"),
  {
    id: "E24",
    mode: "huge-error",
    upstreams: everywhere,
    async play(stage) {
      const pid = await stage.pid();
      const { error } = await stage.call("echo");
      assert.equal((error as { code: number; message: string }).message.length, 10_000_000);
      return { seen: "the server's own error", next: await stage.isKept(pid) };
    },
  },
];

function isNoMcp(id: string, mode: string): EvilCase {
  return { id, mode, upstreams: everywhere, play: (stage) => isKeptAfter(stage, noMcp) };
}

function isTaken(id: string, mode: string): EvilCase {
  return {
    id,
    mode,
    upstreams: everywhere,
    async play(stage) {
      await stage.works();
      return { seen: "normal result", next: await stage.works() };
    },
  };
}

/** One call fails, and the next finds the process that was there before. */
async function isKeptAfter(stage: Stage, expected: ExpectedError): Promise<Outcome> {
  const pid = await stage.pid();
  const seen = await stage.fails(stage.call("echo"), expected);
  return { seen, next: await stage.isKept(pid) };
}
