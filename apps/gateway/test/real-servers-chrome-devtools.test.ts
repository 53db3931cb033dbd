import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Party } from "./support/real/party.ts";
import type { Json } from "./support/real/sdk-lines.ts";
import { Stage } from "./support/real/servers.ts";

const stage = new Stage(() => ({
  chrome: {
    package: "chrome-devtools-mcp",
    args: ["--no-usage-statistics", "--no-performance-crux", "--headless"],
    env: { CHROME_DEVTOOLS_MCP_NO_UPDATE_CHECKS: "true" },
  },
}));
let direct: readonly Json[];

beforeAll(async () => {
  const party = await Party.connect({ line: "SDK 1.x", target: stage.direct("chrome") });
  direct = await stage.use(party).tools();
}, 60_000);
afterAll(() => stage[Symbol.asyncDispose](), 60_000);

describe.each(["http", "stdio"] as const)("chrome-devtools-mcp over %s", (front) => {
  test.each(["SDK 1.x", "SDK 2.x"] as const)(
    "lists for %s what it lists itself",
    async (line) => {
      expect(direct.length).toBeGreaterThan(20);
      const one = stage.use(
        await Party.connect({ line, target: await stage.target({ front, one: "chrome" }) }),
      );
      expect(await one.tools()).toEqual(direct);
      const all = stage.use(
        await Party.connect({ line, target: await stage.target({ front }), server: "chrome" }),
      );
      expect(await all.tools()).toEqual(direct.map((tool) => ({ ...tool, name: `chrome__${tool.name}` })));
    },
    30_000,
  );
});
