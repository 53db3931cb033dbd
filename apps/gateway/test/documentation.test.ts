import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RunningGateway, repository, Sandbox } from "./support/omg.ts";

/** An entry of a client's configuration. */
interface ClientEntry {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly url?: string;
}

const placeholder = "/path/to/open-mcp-gateway";
const sandbox = new Sandbox();
let gateway: RunningGateway;

beforeAll(async () => {
  const config = join(repository, "examples/quick-start/config.yaml");
  gateway = await RunningGateway.start(sandbox, ["--config", config]);
}, 30_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  sandbox[Symbol.dispose]();
});

/** The fenced blocks of a page, with the heading each stands under. */
function blocksOf(page: string): { heading: string; language: string; text: string }[] {
  const markdown = readFileSync(join(repository, page), "utf8");
  let heading = "";
  const blocks: { heading: string; language: string; text: string }[] = [];
  for (const match of markdown.matchAll(/^## (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (match[1] !== undefined) heading = match[1];
    else blocks.push({ heading, language: match[2] ?? "", text: match[3] ?? "" });
  }
  return blocks;
}

function entryOf(text: string): ClientEntry {
  // JSON is YAML as well.
  const { mcpServers } = parse(text.replaceAll(placeholder, repository.replace(/\/$/, ""))) as {
    mcpServers: ClientEntry[] | Record<string, ClientEntry>;
  };
  return Object.values(mcpServers)[0] as ClientEntry;
}

describe("docs/clients.md", () => {
  const blocks = blocksOf("docs/clients.md");

  test("has entries for Claude Desktop, Cline and Continue", () => {
    const headings = blocks.map(({ heading }) => heading);
    for (const client of ["Claude Desktop", "Cline", "Continue"]) expect(headings).toContain(client);
  });

  test.each(blocks.map((block, index) => [`${block.heading} (${index + 1})`, block] as const))(
    "the entry works as it is written: %s",
    async (_, block) => {
      const entry = entryOf(block.text);
      const here = (text: string) => text.replace("http://localhost:4444", gateway.url);
      const transport =
        entry.url === undefined
          ? new StdioClientTransport({
              command: entry.command ?? "",
              args: (entry.args ?? []).map(here),
              env: { ...(sandbox.env as Record<string, string>), PATH: "/usr/bin:/bin" },
              cwd: "/",
            })
          : new StreamableHTTPClientTransport(new URL(here(entry.url)));
      const client = new Client({ name: "test", version: "1" });
      await client.connect(transport as Parameters<Client["connect"]>[0]);
      const all = !entry.args?.includes("--server");
      const name = all ? "everything__echo" : "echo";
      const result = await client.callTool({ name, arguments: { message: "hello" } });
      expect(JSON.stringify(result)).toContain("Echo: hello");
      await client.close();
    },
    60_000,
  );
});
