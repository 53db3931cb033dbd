import assert from "node:assert/strict";
import { inMemory, toolsOf, warned } from "../checks.ts";
import type { EvilCase } from "../evil-case.ts";

const mostMegabytes = 160;
const secret = "correct-horse-battery-staple";

/** Servers that are evil about what they can do, what they offer, and how much they say. */
export const listings: readonly EvilCase[] = [
  {
    id: "E28",
    mode: "old-version",
    upstreams: ["stdio", "http"],
    briefly: ["http-modern"],
    async play(stage) {
      await stage.works();
      return "normal result";
    },
  },
  ...["unknown-version", "future-version"].map(
    (mode, index): EvilCase => ({
      id: "E28",
      mode,
      upstreams: index === 0 ? ["stdio", "http"] : ["stdio"],
      ...(index === 0 ? {} : { briefly: ["stdio"] }),
      async play(stage) {
        const seen = await stage.fails(stage.call("echo"), {
          reason: "upstream_start_failed",
          detail: "init_invalid",
          executed: "no",
          message: /speaks MCP "(?:1\.0|2099-01-01)"; the gateway speaks 2025-11-25/,
          withinMs: 2500,
        });
        return { seen, next: await stage.restsNow() };
      },
    }),
  ),
  {
    id: "E29",
    mode: "hollow-capabilities",
    upstreams: ["stdio", "http"],
    async play(stage) {
      assert.deepEqual(await toolsOf(stage), []);
      await warned(stage, /answers tools\/list with: .*Method not found/);
      return stage.fails(stage.call("echo"), { reason: "unknown_tool", executed: "no" });
    },
  },
  ...(
    [
      ["E30", "same-cursor", /lists its tools in a circle/],
      ["E30", "endless-pages", /lists its tools on more than 100 pages/],
      ["E31", "many-tools", /lists more than 1000 tools/],
    ] as const
  ).map(
    ([id, mode, warning]): EvilCase => ({
      id,
      mode,
      upstreams: ["stdio", "http"],
      ...(mode === "endless-pages" ? { briefly: ["http"] } : {}),
      async play(stage) {
        const [tools] = await inMemory(stage, mostMegabytes, () => toolsOf(stage));
        assert.deepEqual(tools, [], "a part of the list passes for all of it");
        await warned(stage, warning);
        return stage.fails(stage.call("echo"), { reason: "unknown_tool", executed: "no" });
      },
    }),
  ),
  {
    id: "E31",
    mode: "large-schemas",
    upstreams: ["stdio", "http"],
    briefly: ["http"],
    async play(stage) {
      const [tools] = await inMemory(stage, mostMegabytes, () => toolsOf(stage));
      assert.deepEqual(tools, []);
      return stage.fails(stage.call("echo"), { reason: "message_too_large" });
    },
  },
  {
    id: "E34",
    mode: "dirty-logs",
    upstreams: ["stdio"],
    entry: { env: { EVIL_SECRET: secret } },
    async play(stage) {
      assert.equal(await stage.says("misbehave"), "survived");
      const line = await stage.gateway.logged(({ message }) => String(message).startsWith("dirty"));
      const log = JSON.stringify(stage.gateway.log);
      assert.ok(!log.includes(secret), "the log has the secret");
      assert.ok(String(line.message).includes("[redacted]"));
      return "one line each, without the secret";
    },
  },
  {
    id: "E35",
    mode: "large-image",
    upstreams: ["stdio", "http"],
    async play(stage) {
      await stage.works();
      const [seen, megabytes] = await inMemory(stage, mostMegabytes, () =>
        stage.fails(stage.call("misbehave"), {
          reason: "message_too_large",
          executed: "unknown",
          withinMs: 3000,
        }),
      );
      // The first loss of an instance is made good at once.
      return { seen: `${seen}, ${megabytes} MB more`, next: await stage.works() };
    },
  },
];
