import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Party } from "./support/real/party.ts";
import type { Json, SdkLine } from "./support/real/sdk-lines.ts";
import { type Place, Stage } from "./support/real/servers.ts";

const stage = new Stage(() => ({
  chrome: {
    package: "chrome-devtools-mcp",
    args: ["--no-usage-statistics", "--no-performance-crux", "--headless"],
    env: { CHROME_DEVTOOLS_MCP_NO_UPDATE_CHECKS: "true" },
  },
}));
const places: (Place & { line: SdkLine })[] = [
  { front: "http", line: "SDK 1.x" },
  { front: "http", line: "SDK 2.x", one: "chrome" },
  { front: "stdio", line: "SDK 2.x" },
  { front: "stdio", line: "SDK 1.x", one: "chrome" },
];
let direct: readonly Json[];

beforeAll(async () => {
  const party = await Party.connect({ line: "SDK 1.x", target: stage.direct("chrome") });
  direct = await stage.use(party).tools();
}, 60_000);
afterAll(() => stage[Symbol.asyncDispose](), 60_000);

describe("chrome-devtools-mcp", () => {
  test.each(places)(
    "lists what it lists itself: $front, $one, $line",
    async ({ line, ...place }) => {
      const target = await stage.target(place);
      const server = place.one === undefined ? "chrome" : undefined;
      const party = stage.use(await Party.connect({ line, target, server }));
      const tools = await party.tools();
      expect(tools).toEqual(direct.map((tool) => ({ ...tool, name: party.name(String(tool.name)) })));
      expect(tools.length).toBeGreaterThan(20);
    },
    30_000,
  );
});
