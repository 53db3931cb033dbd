import { scriptedServer } from "@omg/runtime-testkit";
import { describe, expect, test } from "vitest";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";
import { freePort, type Program, programOf, runProgram } from "./support/program.ts";

const everything = programOf("@modelcontextprotocol/server-everything", "mcp-server-everything");
const supergateway = programOf("supergateway", "supergateway");

const kinds = [
  ["streamableHttp", "/mcp"],
  ["sse", "/sse"],
] as const;

const startEverything = (kind: string, port: number): Promise<Program> =>
  runProgram([everything, kind], /listening on port|running on port/i, { PORT: String(port) });

const capabilities = { sampling: {}, elicitation: {}, roots: {} };

describe.each(kinds)("server-everything over %s", (kind, path) => {
  test("lists, calls, reports progress, asks the client, logs, and tells of resources", async () => {
    const port = await freePort();
    await using _ = await startEverything(kind, port);
    await using gateway = await remoteGateway({ url: `http://127.0.0.1:${port}${path}` });
    const client = await GatewayClient.connect(gateway, capabilities);
    client.onquestion = (method) =>
      method === "sampling/createMessage"
        ? { role: "assistant", model: "m", content: { type: "text", text: "sampled by the client" } }
        : method === "elicitation/create"
          ? { action: "decline" }
          : { roots: [] };

    expect((await client.list("tools")).length).toBeGreaterThan(5);
    expect(await client.call("echo", { message: "hello" })).toBe("Echo: hello");
    const slow = { duration: 0.3, steps: 3 };
    const done = await client.call("trigger-long-running-operation", slow, { progressToken: "p" });
    expect(done).toContain("completed");
    expect(await client.heard("notifications/progress")).toMatchObject({ params: { progressToken: "p" } });
    const sampled = await client.call("trigger-sampling-request", { prompt: "say", maxTokens: 10 });
    expect(sampled).toContain("sampled by the client");
    expect(await client.call("trigger-elicitation-request")).toMatch(/declined/i);

    await client.ask("logging/setLevel", { level: "debug" });
    await client.call("toggle-simulated-logging");
    expect(await client.heard("notifications/message")).toHaveProperty("params.level");
    const [resource] = await client.list("resources");
    expect(await client.ask("resources/subscribe", { uri: resource?.uri })).toHaveProperty("result");
    await client.call("toggle-subscriber-updates");
    expect(await client.heard("notifications/resources/updated")).toHaveProperty("params.uri", resource?.uri);
  }, 40_000);

  test("comes back in the middle, and the next call works", async () => {
    const port = await freePort();
    const first = await startEverything(kind, port);
    await using gateway = await remoteGateway({ url: `http://127.0.0.1:${port}${path}` });
    const client = await GatewayClient.connect(gateway);
    expect(await client.call("echo", { message: "a" })).toBe("Echo: a");
    await first[Symbol.asyncDispose]();
    const { error } = await client.ask("tools/call", { name: "echo", arguments: { message: "b" } });
    expect(["upstream_closed", "upstream_start_failed", "upstream_backoff"]).toContain(error?.data?.reason);
    await using _ = await startEverything(kind, port);
    expect(await answered(client)).toBe("Echo: c");
  }, 40_000);

  test("forgets the session in the middle, unseen, and the next call works at once", async () => {
    const port = await freePort();
    const first = await startEverything(kind, port);
    await using gateway = await remoteGateway({ url: `http://127.0.0.1:${port}${path}` });
    const client = await GatewayClient.connect(gateway);
    expect(await client.call("echo", { message: "a" })).toBe("Echo: a");
    await first[Symbol.asyncDispose]();
    await using _ = await startEverything(kind, port);
    expect(await client.call("echo", { message: "c" })).toBe("Echo: c");
  }, 40_000);
});

describe.each(kinds)("the scripted server behind supergateway over %s", (kind, path) => {
  test("lists, calls, and carries large texts", async () => {
    const port = await freePort();
    const { file } = scriptedServer();
    const output =
      kind === "sse" ? ["--outputTransport", "sse"] : ["--outputTransport", "streamableHttp", "--stateful"];
    const stdio = `"${process.execPath}" "${file}"`;
    await using _ = await runProgram(
      [supergateway, "--stdio", stdio, ...output, "--port", String(port)],
      /Listening on port/i,
    );
    await using gateway = await remoteGateway({ url: `http://127.0.0.1:${port}${path}` });
    const client = await GatewayClient.connect(gateway);
    expect((await client.list("tools")).map(({ name }) => name)).toContain("echo");
    const texts = ["a", "b", "ä".repeat(10_000)];
    expect(await Promise.all(texts.map((text) => client.call("echo", { text })))).toEqual(texts);
    expect((await client.call("big", { bytes: 1_000_000 })).length).toBe(1_000_000);
    const slept = client.call("sleep", { ms: 200, progress: 2 }, { progressToken: 7 });
    expect(await client.heard("notifications/progress")).toMatchObject({ params: { progressToken: 7 } });
    expect(await slept).toBe("slept 200 ms");
  }, 40_000);
});

/** A server in backoff says when it is tried again. */
async function answered(client: GatewayClient): Promise<string> {
  for (;;) {
    const { result, error } = await client.ask("tools/call", { name: "echo", arguments: { message: "c" } });
    if (result) return (result.content as { text: string }[])[0]?.text ?? "";
    expect(error?.data).toMatchObject({ reason: expect.stringMatching(/^upstream_(backoff|closed)$/) });
    await new Promise((resolve) => setTimeout(resolve, Number(error?.data?.retryAfterMs ?? 20)));
  }
}
