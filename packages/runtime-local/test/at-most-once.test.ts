import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGateway, requestFrame } from "@omg/core";
import { expect, test } from "vitest";
import localRuntime from "../src/index.ts";

const program = fileURLToPath(new URL("./fixtures/dies-reading.mjs", import.meta.url));
const deaths = ["1", "2", "10", "25", "50", "75", "100", "line"];

test("a call runs once at most when its process dies in the middle of reading it", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-at-most-once-"));
  const executions = join(folder.path, "executions");
  await writeFile(executions, "");
  await using runtime = localRuntime();
  const run = { type: "local-process", command: process.execPath };
  const servers = deaths.map((death) => ({
    id: `after-${death}`,
    era: "legacy" as const,
    runtime: { ...run, args: [program, executions, death] },
  }));
  await using gateway = await createGateway({ runtimes: [runtime], config: { servers } });
  const calls = servers.map(({ id }) => {
    const params = { name: "any", arguments: { value: id, padding: "x".repeat(100) } };
    return gateway.request(id, requestFrame(1, "tools/call", params));
  });
  const reason = { reason: "upstream_closed", executed: "unknown" };
  expect(await Promise.allSettled(calls)).toMatchObject(calls.map(() => ({ status: "rejected", reason })));
  expect(await readFile(executions, "utf8")).toBe("after-line\n");
});
