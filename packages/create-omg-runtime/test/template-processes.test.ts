import { readFileSync } from "node:fs";
import { connectRaw, scriptedServer } from "@omg/runtime-testkit";
import { expect, test } from "vitest";
import { createInstance } from "../template/src/instance.ts";
import { launch } from "../template/src/place.ts";

test.skipIf(process.platform !== "linux")(
  "the template ends with a server what that has started, even if it ignores every request",
  async () => {
    const { file, args } = scriptedServer("--grandchild", "group");
    const server = await launch({
      server: "scripted",
      instanceId: "scripted-1",
      owner: crypto.randomUUID(),
      options: { command: process.execPath, args: [file, ...args] },
      env: {},
      baseDirectory: import.meta.dirname,
      signal: new AbortController().signal,
      log: () => {},
      progress: () => {},
      store: { get: async () => undefined, set: async () => {}, delete: async () => {} },
    });
    await using instance = createInstance(server, () => {});
    const client = await connectRaw(instance.transport);
    await client.initialize();
    const { grandchild } = JSON.parse(await client.call("pids")) as { grandchild: number };
    expect(isRunning(grandchild)).toBe(true);
    await instance[Symbol.asyncDispose]();
    expect(isRunning(grandchild)).toBe(false);
  },
);

/** A zombie does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
