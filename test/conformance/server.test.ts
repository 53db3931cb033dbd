import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, it, onTestFinished } from "vitest";

const program = fileURLToPath(new URL("./server.ts", import.meta.url));
const modes = { legacy: "legacy", modern: { pin: "2026-07-28" } } as const;
const filledIn = { name: "Alice", color: "blue", ok: true };
type EraName = keyof typeof modes;

/** A client whose user agrees, at a server of its own. */
async function connect(server: EraName, mode: EraName = server) {
  const client = new Client(
    { name: "test", version: "1.0.0" },
    { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode: modes[mode] } },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: filledIn }));
  client.setRequestHandler("sampling/createMessage", () => ({
    role: "assistant",
    content: { type: "text", text: "Yes" },
    model: "test",
  }));
  onTestFinished(() => client.close());
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [program, "--era", server] }),
  );
  return client;
}

async function call(client: Client, name: string, args = {}): Promise<string> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  expect(isError, JSON.stringify(content)).not.toBe(true);
  const [block] = content;
  return block?.type === "text" ? block.text : "";
}

describe.each(["legacy", "modern"] as const)("the server of the %s era", (era) => {
  it("asks in its own way, and counts what it does once", async () => {
    const client = await connect(era);
    expect(await call(client, "test_counted_elicitation")).toBe("accept: 1");
    // The modern era enters a tool again with each answer.
    const entered = era === "modern" ? 2 : 1;
    expect(JSON.parse(await call(client, "test_count"))).toEqual({ entered, done: 1 });
  });

  it("has the tools of both eras", async () => {
    const client = await connect(era);
    expect(await call(client, "test_sampling", { prompt: "Are you there?" })).toBe("LLM response: Yes");
    expect(await call(client, "test_elicitation", { message: "Who?" })).toContain("action=accept");
    expect(await call(client, "test_elicitation_sep1330_enums")).toContain("action=accept");
    expect(await call(client, "test_input_required_result_multi_round")).toBe("Alice likes blue");
    expect(await call(client, "test_input_required_result_capabilities")).toContain("greeting");
  });

  it("does not speak the other one", async () => {
    await expect(connect(era, era === "legacy" ? "modern" : "legacy")).rejects.toThrow();
  });
});
