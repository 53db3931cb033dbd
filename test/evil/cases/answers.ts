import assert from "node:assert/strict";
import type { EvilCase } from "../evil-case.ts";

/** Servers whose answers are not what they should be. */
export const answers: readonly EvilCase[] = [
  {
    id: "E15",
    mode: "never-answers",
    upstreams: ["stdio", "http"],
    config: { request_timeout_seconds: 1 },
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_timeout",
        executed: "unknown",
        withinMs: 2500,
      });
      assert.match(await stage.says("received"), /notifications\/cancelled/);
      return seen;
    },
  },
  {
    id: "E21",
    mode: "result-and-error",
    upstreams: ["stdio", "http"],
    async play(stage) {
      return stage.fails(stage.call("echo"), { reason: "upstream_protocol_error", withinMs: 1000 });
    },
  },
];
