import assert from "node:assert/strict";
import { errorOf } from "../../support/answers.ts";
import type { EvilCase, Upstream } from "../evil-case.ts";
import { wordsOf } from "../stage.ts";

const oddText = "é€😀 and more";
const megabyte = 1 << 20;

/** Servers that write more than messages, or messages in odd pieces. */
export const noise: readonly EvilCase[] = [
  {
    id: "E05",
    mode: "banner",
    upstreams: ["stdio"],
    async play(stage) {
      await stage.works();
      await stage.hasDropped(3);
      return { seen: "normal result", next: await stage.works() };
    },
  },
  isRead("binary-junk", ["stdio", "http"]),
  isRead("windows-lines", ["stdio", "http"]),
  isRead("byte-order-marks", ["stdio"]),
  isRead("byte-by-byte", ["stdio", "http"]),
  isRead("many-at-once", ["stdio", "http"]),
  isRead("no-last-line-end", ["stdio"]),
  isTooLarge("huge-line", ["stdio"]),
  isTooLarge("endless-line", ["stdio", "http"]),
  {
    id: "E08",
    mode: "stderr-flood",
    upstreams: ["stdio"],
    async play(stage) {
      await stage.works();
      const { cpuMs, log } = stage.gateway;
      const { length } = log;
      const start = performance.now();
      await stage.says("sleep", { ms: 2000 });
      const seconds = (performance.now() - start) / 1000;
      const percent = Math.round((stage.gateway.cpuMs - cpuMs) / 10 / seconds);
      const lines = log.length - length;
      // 100 each second and a word about the others, for the seconds begun before and after as well.
      assert.ok(lines <= (seconds + 2) * 101, `${lines} lines were logged in ${seconds} s`);
      assert.ok(percent < 60, `the gateway used ${percent} % of a processor`);
      return {
        seen: "normal result",
        next: `works; ${lines} lines logged in 2 s, ${percent} % of a processor`,
      };
    },
  },
  {
    id: "E09",
    mode: "deaf",
    upstreams: ["stdio", "http"],
    config: { request_timeout_seconds: 1 },
    async play(stage) {
      const pid = await stage.pid();
      const text = "x".repeat(200_000);
      const calls = Array.from({ length: 50 }, () => stage.call("echo", { text }));
      const seen = new Set((await Promise.all(calls)).map((answer) => wordsOf(errorOf(answer))));
      if (stage.upstream === "http") {
        assert.deepEqual([...seen], ["-31001 upstream_timeout"]);
        return { seen: "-31001 upstream_timeout", next: await stage.isKept(pid) };
      }
      assert.deepEqual([...seen].sort(), ["-31001 upstream_timeout", "-31007 overloaded/queue_full"]);
      const failed = ({ message, why }: Record<string, unknown>) =>
        message === "Server failed" && /has not read its input for 10 s/.test(String(why));
      await stage.gateway.logged(failed);
      return { seen: [...seen].join(" and "), next: await stage.isNew(pid) };
    },
  },
];

function isRead(mode: string, upstreams: readonly Upstream[]): EvilCase {
  return {
    id: "E06",
    mode,
    upstreams,
    briefly: ["http"],
    async play(stage) {
      assert.equal(await stage.says("echo", { text: oddText }), oddText);
      return { seen: "normal result", next: await stage.works() };
    },
  };
}

function isTooLarge(mode: string, upstreams: readonly Upstream[]): EvilCase {
  return {
    id: "E07",
    mode,
    upstreams,
    async play(stage) {
      const pid = await stage.pid();
      const before = stage.gateway.peakBytes;
      const seen = await stage.fails(stage.call("echo"), {
        reason: "message_too_large",
        executed: "unknown",
        withinMs: 3000,
      });
      const rise = Math.round((stage.gateway.peakBytes - before) / megabyte);
      assert.ok(rise < 96, `the gateway's memory has grown by ${rise} MiB`);
      const next = await (stage.upstream === "http" ? stage.isKept(pid) : stage.isNew(pid));
      return { seen: `${seen}, +${rise} MiB`, next };
    },
  };
}
