import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { errorOf } from "../../support/answers.ts";
import type { EvilCase } from "../evil-case.ts";
import { type Stage, wordsOf } from "../stage.ts";

const notExecutable = fileURLToPath(import.meta.url);
const longArgument = "x".repeat(200_000);

/** Servers that are trouble from their first moment. */
export const starts: readonly EvilCase[] = [
  {
    id: "E01",
    mode: "never-ready",
    upstreams: ["stdio", "http"],
    entry: { start_timeout_seconds: 1 },
    async play(stage) {
      return doesNotStart(stage, "init_timeout", { withinMs: 2500 });
    },
  },
  {
    id: "E02",
    mode: "exits-at-once",
    upstreams: ["stdio"],
    async play(stage) {
      return doesNotStart(stage, "exit_early", { message: /exit code 1.*boom/s });
    },
  },
  cannotRun("is not there", "spawn_enoent", /not found in PATH/, { command: "no-such-server" }),
  cannotRun("may not be executed", "spawn_eacces", /chmod \+x/, { command: notExecutable }),
  cannotRun("is to run in no folder", "cwd_missing", /is no folder/, { working_dir: "nowhere" }),
  cannotRun("gets too long an argument", "e2big", /too long for the system/, { args: [longArgument] }),
  {
    id: "E04",
    mode: "dies-when-ready",
    upstreams: ["stdio", "http"],
    async play(stage) {
      const first = errorOf(await stage.call("echo"));
      const seen = new Set([wordsOf(first)]);
      const end = performance.now() + 1000;
      while (performance.now() < end) seen.add(wordsOf(errorOf(await stage.call("echo"))));
      const allowed = /upstream_(closed|start_failed\/(exit_early|connect)|backoff)/;
      for (const words of seen) assert.match(words, allowed);
      // Once more at once, and then not before 2 s are over: that is how the delays begin.
      assert.ok(stage.starts <= 2, `${stage.starts} starts within a second`);
      return { seen: wordsOf(first), next: `${await stage.restsNow()}; ${stage.starts} starts in 1 s` };
    },
  },
];

function cannotRun(fault: string, detail: string, message: RegExp, runtime: object): EvilCase {
  return {
    id: "E03",
    mode: "honest",
    what: `its program ${fault}`,
    upstreams: ["stdio"],
    notInContainers: "its program and its folder are of this machine",
    briefly: ["http"],
    entry: { runtime },
    play: (stage) => doesNotStart(stage, detail, { message }),
  };
}

async function doesNotStart(
  stage: Stage,
  detail: string,
  expected: { readonly withinMs?: number; readonly message?: RegExp },
) {
  const reason = "upstream_start_failed";
  const failure = { reason, detail, executed: "no", withinMs: 1500, ...expected } as const;
  const seen = await stage.fails(stage.call("echo"), failure);
  return { seen, next: await stage.restsNow() };
}
