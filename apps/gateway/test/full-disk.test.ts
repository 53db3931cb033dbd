import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bins, Sandbox } from "./support/omg.ts";
import { until } from "./support/processes.ts";

interface FullDisk extends Disposable {
  readonly folder: string;
  /** Makes room. */
  free(): void;
}

/** A file system of 1 MiB that is full; undefined where none can be mounted. */
function fullDisk(folder: string): FullDisk | undefined {
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  const filler = join(folder, "filler");
  try {
    writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024));
  } catch {
    // That was the purpose.
  }
  return {
    folder,
    free: () => rmSync(filler),
    [Symbol.dispose]: () => void execFileSync("umount", ["-l", folder]),
  };
}

/** Resolves with the address that the gateway prints. */
async function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    const address = /http:\/\/localhost:\d+/.exec(text)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`the gateway ended: ${text}`);
}

describe("a gateway whose disk is full", () => {
  test("answers as ever, and logs and remembers again when there is room", async ({ skip }) => {
    using sandbox = new Sandbox();
    using disk = fullDisk(join(sandbox.folder, "disk"));
    if (disk === undefined) return skip("no file system can be mounted here: this needs root on Linux");
    const { folder, free } = disk;
    const log = join(folder, "log");
    const stderr = openSync(log, "a");
    const args = ["serve", "--listen-addr", "localhost:0", "--log-level", "trace"];
    const catalog = sandbox.catalog({ a: [], b: [] });
    const child = spawn(process.execPath, [bins.omg, ...args, "--catalog", catalog], {
      env: { ...sandbox.env, XDG_STATE_HOME: join(folder, "state") },
      cwd: sandbox.folder,
      stdio: ["ignore", "pipe", stderr],
    });
    closeSync(stderr);
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    const url = await addressOf(child);
    const call = async (server: string, text: string) => {
      const response = await fetch(`${url}/rpc`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-server-id": server },
        body: JSON.stringify({ method: "tools/call", params: { name: "echo", arguments: { text } } }),
      });
      const { result } = (await response.json()) as { result: { content: { text: string }[] } };
      return result.content[0]?.text;
    };
    for (let turn = 0; turn < 50; turn++) expect(await call("a", `${turn}`)).toBe(`${turn}`);
    expect(readFileSync(log, "utf8")).toBe("");
    expect((await fetch(`${url}/servers/a/warm`, { method: "POST" })).status).toBe(200);
    free();
    expect(await call("b", "room")).toBe("room");
    expect(readFileSync(log, "utf8")).toContain("Server ready");
    expect((await fetch(`${url}/servers/b/warm`, { method: "POST" })).status).toBe(200);
    const store = join(folder, "state", "omg", "store");
    await until(() => readdirSync(store).some((name) => name.startsWith("core.listings")), 10_000);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  }, 60_000);
});
