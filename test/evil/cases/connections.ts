import assert from "node:assert/strict";
import { nobodyStrayed, received, recovers } from "../checks.ts";
import type { EvilCase } from "../evil-case.ts";
import type { Stage } from "../stage.ts";

/** A second, by clocks that differ by a little. */
const shortestPauseMs = 990;

/** Remote servers that are trouble before the first call, by the transport, the session or the name. */
export const connections: readonly EvilCase[] = [
  {
    id: "E38",
    mode: "million-data-lines",
    upstreams: ["http"],
    briefly: ["http"],
    play: survives,
  },
  {
    id: "E38",
    mode: "nul-in-id",
    upstreams: ["http"],
    briefly: ["http-modern"],
    play: survives,
  },
  {
    id: "E38",
    mode: "hasty-retry",
    upstreams: ["http"],
    // A client of the legacy era over HTTP is let go, too, to come back by itself.
    fronts: ["http-modern", "stdio"],
    briefly: ["stdio"],
    async play(stage) {
      const elapsedMs = Number(await stage.says("misbehave"));
      assert.ok(elapsedMs >= shortestPauseMs, `it was asked again after ${elapsedMs} ms`);
      await stage.works();
      return `normal result, asked for after ${elapsedMs} ms`;
    },
  },
  {
    id: "E41",
    mode: "endpoint-elsewhere",
    upstreams: ["http"],
    entry: { runtime: { transport: "sse" } },
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_protocol_error",
        executed: "no",
        message: /wants messages sent to another place, http:\/\/localhost:\d+, which is refused/,
        withinMs: 2000,
      });
      const next = await recovers(stage);
      await nobodyStrayed(stage);
      return { seen, next };
    },
  },
  {
    id: "E41",
    mode: "no-endpoint",
    upstreams: ["http"],
    briefly: ["http"],
    entry: { runtime: { transport: "sse", response_timeout_seconds: 1 } },
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_start_failed",
        detail: "init_timeout",
        executed: "no",
        withinMs: 3000,
      });
      return { seen, next: await recovers(stage) };
    },
  },
  {
    id: "E41",
    mode: "two-endpoints",
    upstreams: ["http"],
    briefly: ["http-modern"],
    entry: { runtime: { transport: "sse" } },
    async play(stage) {
      await stage.works();
      await nobodyStrayed(stage);
      return "normal result, the first one counts";
    },
  },
  ...["large-session-id", "unicode-session-id", "spaced-session-id"].map(
    (mode, index): EvilCase => ({
      id: "E42",
      mode,
      upstreams: ["http"],
      ...(index === 0 ? {} : { briefly: ["http"] }),
      async play(stage) {
        const seen = await stage.fails(stage.call("echo"), {
          reason: "upstream_start_failed",
          detail: "init_invalid",
          executed: "no",
          message: /a session id that is none/,
          withinMs: 2000,
        });
        return { seen, next: await stage.restsNow() };
      },
    }),
  ),
  {
    id: "E42",
    mode: "broken-session-id",
    upstreams: ["http"],
    briefly: ["stdio"],
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_start_failed",
        detail: "init_invalid",
        message: /what is not HTTP/,
        withinMs: 2000,
      });
      return { seen, next: await stage.restsNow() };
    },
  },
  ...["moving-session", "short-sessions", "other-version"].map(
    (mode, index): EvilCase => ({
      id: mode === "other-version" ? "E28" : "E42",
      mode,
      upstreams: ["http"],
      ...(index === 1 ? {} : { briefly: ["http"] }),
      async play(stage) {
        await stage.says("misbehave");
        for (let call = 1; call <= 10; call++) await stage.works();
        const all = await received(stage);
        const greetings = all.filter((method) => method === "initialize").length;
        const calls = all.filter((method) => method === "tools/call").length;
        assert.equal(calls, 12, "a call was lost or ran twice");
        return `normal results, in ${greetings} sessions`;
      },
    }),
  ),
  {
    id: "E43",
    mode: "honest",
    what: "DNS: a name that has no address",
    upstreams: ["http"],
    entry: { runtime: { url: "http://nothing.invalid/mcp" } },
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_start_failed",
        detail: "dns",
        executed: "no",
        message: /nothing\.invalid/,
        withinMs: 8000,
      });
      return { seen, next: await stage.restsNow() };
    },
  },
  {
    id: "E43",
    mode: "honest",
    what: "DNS: a name that leads to this machine",
    upstreams: ["http"],
    briefly: ["http"],
    // What needs a name server of its own is in the tests of runtime-sse: names that change their mind, many addresses.
    entry: { runtime: { url: "http://localhost:9/mcp", allow_private_network: false } },
    async play(stage) {
      const seen = await stage.fails(stage.call("echo"), {
        reason: "upstream_start_failed",
        detail: "address_refused",
        executed: "no",
        withinMs: 2000,
      });
      return { seen, next: await stage.restsNow() };
    },
  },
];

async function survives(stage: Stage): Promise<string> {
  assert.equal(await stage.says("misbehave"), "survived");
  await stage.works();
  return "normal result";
}
