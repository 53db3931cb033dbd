import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lineTransport } from "@omg/core/runtime";
import { afterEach, expect, test } from "vitest";
import { connectRaw, scriptedServer } from "../src/index.ts";

const children: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

test("answers the methods of MCP, and an error to what it does not know", async () => {
  const { client } = await run();
  expect(await client.initialize("2024-11-05")).toMatchObject({
    protocolVersion: "2024-11-05",
    serverInfo: { name: "scripted" },
  });
  expect(await client.request("ping")).toEqual({});
  const { tools } = await client.request("tools/list");
  expect(tools).toContainEqual(expect.objectContaining({ name: "echo" }));
  await expect(client.request("no/such")).rejects.toMatchObject({ code: -32601 });
  await expect(client.call("constructor")).rejects.toMatchObject({ code: -32602 });
});

test("negotiates a version it knows, or the one it was told to insist on", async () => {
  const knowing = await run();
  expect(await knowing.client.initialize("1999-01-01")).toMatchObject({ protocolVersion: "2025-11-25" });
  const insisting = await run("--protocol-version", "1.0");
  expect(await insisting.client.initialize()).toMatchObject({ protocolVersion: "1.0" });
});

test("reports progress while it sleeps, and ends no call that was cancelled", async () => {
  const { client } = await run();
  const params = { name: "sleep", arguments: { ms: 30, progress: 2 }, _meta: { progressToken: "p" } };
  await client.request("tools/call", params);
  expect(client.incoming).toHaveLength(2);
  void client.call("sleep", { ms: 60_000 }).catch(() => {});
  await client.notify("notifications/cancelled", { requestId: 2 });
  expect(await client.call("received")).toContain("notifications/cancelled");
});

test("counts its starts in a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "scripted-server-"));
  const file = join(folder, "starts");
  for (const _ of [1, 2]) await (await run("--count-file", file)).client.initialize();
  expect((await readFile(file, "utf8")).trim().split("\n")).toHaveLength(2);
  await rm(folder, { recursive: true });
});

test("exits at once with its last words", async () => {
  const { child } = await run("--exit-at-once", "4");
  const words = once(child.stderr, "data");
  expect(await once(child, "exit")).toEqual([4, null]);
  expect(String((await words)[0])).toBe("boom\n");
});

test("says things that are no messages before it speaks", async () => {
  const { client } = await run("--banner");
  await client.initialize();
  expect(client.errors).toHaveLength(2);
});

test("starts slowly, or never answers", async () => {
  const started = performance.now();
  await (await run("--slow-start", "200")).client.initialize();
  expect(performance.now() - started).toBeGreaterThan(200);
  const { client, child } = await run("--mute");
  const answer = expect(client.initialize()).rejects.toThrow("closed");
  child.stdin.end();
  await answer;
});

test("ends at the end of its input, or at SIGTERM, or at neither", async () => {
  const polite = await run();
  polite.child.stdin.end();
  expect(await once(polite.child, "exit")).toEqual([0, null]);
  const deaf = await run("--ignore-eof");
  await deaf.client.initialize();
  deaf.child.stdin.end();
  deaf.child.kill("SIGTERM");
  expect(await once(deaf.child, "exit")).toEqual([0, null]);
  const stubborn = await run("--ignore-eof", "--ignore-sigterm");
  await stubborn.client.initialize();
  stubborn.child.kill("SIGTERM");
  expect(await stubborn.client.call("echo", { text: "still here" })).toBe("still here");
});

async function run(...args: string[]) {
  const { file, args: all } = scriptedServer(...args);
  const child = spawn(process.execPath, [file, ...all]);
  children.push(child);
  const client = await connectRaw(lineTransport({ input: child.stdout, output: child.stdin }));
  return { child, client };
}
