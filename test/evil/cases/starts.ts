import type { EvilCase } from "../evil-case.ts";

/** Servers that are trouble from their first moment. */
export const starts: readonly EvilCase[] = [
  {
    id: "E01",
    mode: "never-ready",
    upstreams: ["stdio", "http"],
    entry: { start_timeout_seconds: 1 },
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_start_failed",
        detail: "init_timeout",
        executed: "no",
        withinMs: 2500,
      });
      await stage.restsNow();
      return seen;
    },
  },
  {
    id: "E02",
    mode: "exits-at-once",
    upstreams: ["stdio"],
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_start_failed",
        detail: "exit_early",
        executed: "no",
        message: /exit code 1.*boom/s,
        withinMs: 1500,
      });
      await stage.restsNow();
      return seen;
    },
  },
  {
    id: "E05",
    mode: "banner",
    upstreams: ["stdio"],
    async play(stage) {
      await stage.works();
      return "normal result";
    },
  },
];
