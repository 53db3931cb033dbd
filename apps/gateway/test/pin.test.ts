import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox } from "./support/omg.ts";

const program = fileURLToPath(new URL("fixtures/defined-server.mjs", import.meta.url));
const tool = (name: string, description = `Does ${name}`) => ({
  name,
  description,
  inputSchema: { type: "object" },
});
const read = tool("read", "Reads a file.\nReturns text.");
const announce = tool("announce");
const changedRead = tool("read", "Reads a file.\nReturns text. ");

/** A configuration whose servers list what files of the test say. */
class Pinnable extends Sandbox {
  readonly config: string;

  constructor(servers: Record<string, object> = { s: {} }, more: object = {}) {
    super();
    const entries = Object.entries(servers).map(([id, entry]) => {
      this.offer(id, read, announce);
      return {
        id,
        runtime: { type: "local-process", command: process.execPath, args: [program, this.#toolsOf(id)] },
        ...entry,
      };
    });
    // Nobody listens there: every command is alone unless told of a gateway.
    this.config = this.write("config.yaml", { listen_addr: "localhost:9", ...more, servers: entries });
  }

  get lock(): string {
    return join(this.folder, "omg.lock.yaml");
  }

  get lockText(): string {
    return readFileSync(this.lock, "utf8");
  }

  offer(id: string, ...tools: object[]): void {
    writeFileSync(this.#toolsOf(id), JSON.stringify(tools));
  }

  /** Process ids and names of the calls that reached a server. */
  calls(id: string): string[] {
    const file = `${this.#toolsOf(id)}.calls`;
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  pin(...args: string[]) {
    return run(this, bins.omg, ["pin", ...args]);
  }

  #toolsOf(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

const toolsOf = async (gateway: RunningGateway, server = "s") => {
  const { result } = (await gateway.rpc(server, "tools/list")) as { result: { tools: { name: string }[] } };
  return result.tools.map(({ name }) => name);
};

// Commands are processes, each with a gateway and a server of its own.
describe("omg pin", { timeout: 60_000 }, () => {
  test("pins what is not pinned, and changes what is only when told to", async () => {
    using sandbox = new Pinnable();
    const unpinned = await sandbox.pin("--diff");
    expect(unpinned.code).toBe(1);
    expect(unpinned.stdout).toMatch(/^s {2}not pinned, 0 changed, 2 added, 0 removed\n/);
    expect(existsSync(sandbox.lock)).toBe(false);
    expect(await sandbox.pin()).toEqual({ code: 0, stdout: "s  pinned, 2 tools\n", stderr: "" });
    const first = sandbox.lockText;
    expect(await sandbox.pin()).toEqual({ code: 0, stdout: "s  unchanged, 2 tools\n", stderr: "" });

    sandbox.offer("s", changedRead, tool("other"));
    const told = expect.stringMatching(
      /^s {2}differs, 1 changed, 1 added, 1 removed\n {2}- announce {2}sha256:\w{12}\n {2}\+ other {2}sha256:\w{12}\n {6}\+ "Does other"\n {2}~ read {2}sha256:\w{12} → sha256:\w{12}\n {6}- "Returns text\."\n {6}\+ "Returns text\. "\nTo accept: omg pin --approve s\n$/,
    );
    expect(await sandbox.pin()).toEqual({ code: 1, stdout: told, stderr: "" });
    expect(await sandbox.pin("--diff")).toEqual({ code: 1, stdout: told, stderr: "" });
    expect(sandbox.lockText).toBe(first);
  });

  test("--approve pins what differs as it is now", async () => {
    using sandbox = new Pinnable();
    await sandbox.pin();
    const first = sandbox.lockText;
    sandbox.offer("s", changedRead, tool("other"));
    expect(await sandbox.pin("--approve", "s")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^s {2}approved, 1 changed, 1 added, 1 removed\n/),
    });
    expect(sandbox.lockText).not.toBe(first);
    expect(await sandbox.pin("--diff")).toEqual({ code: 0, stdout: "s  unchanged, 2 tools\n", stderr: "" });
    expect(readdirSync(sandbox.folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("tells programs everything", async () => {
    using sandbox = new Pinnable();
    await sandbox.pin();
    sandbox.offer("s", changedRead, announce);
    const { code, stdout } = await sandbox.pin("--diff", "--json");
    expect(code).toBe(1);
    const hash = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      lock: "omg.lock.yaml",
      servers: [
        {
          id: "s",
          state: "differs",
          tools: 2,
          set: { old: hash, new: hash },
          changes: [
            {
              name: "read",
              change: "changed",
              old: hash,
              new: hash,
              description: { old: read.description, new: changedRead.description },
            },
          ],
        },
      ],
    });
  });

  test("pins the servers that are named, else all but those with pins: off, and leaves the others' pins alone", async () => {
    using sandbox = new Pinnable({ a: {}, b: { pins: "off" }, own: { scope: "session" } });
    expect((await sandbox.pin("a")).stdout).toBe("a  pinned, 2 tools\n");
    const all = await sandbox.pin();
    expect(all.stdout).toBe("a  unchanged, 2 tools\nown  pinned, 2 tools\n");
    expect((await sandbox.pin("b")).stdout).toBe("b  pinned, 2 tools\n");
    for (const id of ["a", "b", "own"]) expect(sandbox.lockText).toContain(`\n  "${id}":\n`);
  });

  test("names servers that fail and pins the others", async () => {
    using sandbox = new Pinnable({
      a: {},
      broken: { runtime: { type: "local-process", command: "/not/there" } },
    });
    const { code, stdout, stderr } = await sandbox.pin();
    expect(code).toBe(6);
    expect(stdout).toBe("a  pinned, 2 tools\n");
    expect(stderr).toMatch(/^broken {2}error\[upstream_start_failed\]: /);
    expect(await sandbox.pin("unknown")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("server_unknown"),
    });
    expect((await sandbox.pin("unknown", "broken")).code).toBe(6);
  });

  test("writes beside the catalog that a flag names, wherever it runs", async () => {
    using sandbox = new Pinnable();
    const catalog = join(sandbox.folder, "sub", "catalog.yaml");
    mkdirSync(dirname(catalog));
    writeFileSync(catalog, readFileSync(sandbox.config, "utf8").replace(/^listen_addr.*\n/, ""));
    const { stdout } = await run(sandbox, bins.omg, ["pin", "--catalog", catalog], { cwd: "/" });
    expect(stdout).toBe("s  pinned, 2 tools\n");
    expect(readdirSync(dirname(catalog)).sort()).toEqual(["catalog.yaml", "omg.lock.yaml"]);
  });

  test("leaves a lock alone that can not be read, and says where", async () => {
    using sandbox = new Pinnable();
    const broken = "version: 1\nservers:\n  s: {}\n";
    sandbox.write("omg.lock.yaml", broken);
    for (const args of [[], ["--diff"], ["--approve"]]) {
      const { code, stderr } = await sandbox.pin(...args);
      expect(code).toBe(5);
      expect(stderr).toMatch(/^error\[config_invalid\]: servers\.s\.set: .*\n {2}omg\.lock\.yaml:3:3\n/);
    }
    expect(sandbox.lockText).toBe(broken);
  });

  test("says when the disk is full, and leaves the lock as it was", async () => {
    using sandbox = new Pinnable();
    const before = "version: 1\nservers: {}\n";
    sandbox.write("omg.lock.yaml", before);
    // To the process, a disk on which no file can grow.
    const script = `trap '' XFSZ; ulimit -f 0; exec "${process.execPath}" "${bins.omg}" pin`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", script], {
      cwd: sandbox.folder,
      env: sandbox.env,
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^error: The lock file omg\.lock\.yaml can not be written: EFBIG/);
    expect(sandbox.lockText).toBe(before);
    expect(readdirSync(sandbox.folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("a lock that can not be read", () => {
  test("disables the servers with pins: block, says where, and spares the others", async () => {
    using sandbox = new Pinnable({ s: { pins: "block" }, free: {} });
    sandbox.write("omg.lock.yaml", "version: 1\nservers:\n  s: {}\n");
    const validate = await run(sandbox, bins.omg, ["validate"]);
    expect(validate.code).toBe(5);
    expect(validate.stderr).toContain("omg.lock.yaml:3:3");
    await using gateway = await RunningGateway.start(sandbox, ["--config", sandbox.config]);
    expect(await gateway.json("/servers/s")).toMatchObject({
      problem: expect.stringContaining("omg.lock.yaml:3:3: "),
    });
    expect(await gateway.rpc("s", "tools/call", { name: "read" })).toMatchObject({
      reason: "server_disabled",
      message: expect.stringContaining("omg.lock.yaml:3:3: "),
    });
    expect(await gateway.call("free", "read")).toBe("read");
    expect(sandbox.calls("s")).toEqual([]);

    sandbox.write("omg.lock.yaml", "version: 1\nservers: {}\n");
    await gateway.logged("Catalog changed, reloading...");
    await gateway.loggedTimes("Loaded ", 1);
    expect(await gateway.json("/servers/s")).toMatchObject({ problem: expect.stringContaining("omg pin s") });
  });

  test("is a warning where nothing depends on it", async () => {
    using sandbox = new Pinnable();
    sandbox.write("omg.lock.yaml", "version: 3\n");
    const { code, stdout, stderr } = await run(sandbox, bins.omg, ["validate"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "The configuration is valid: 1 server.\n" });
    expect(stderr).toContain("warning: ");
    expect(stderr).toContain("omg.lock.yaml:1:1");
  });
});

test("a server that must match its pins and has none is told of by omg validate", async () => {
  using sandbox = new Pinnable({ s: {} }, { pins: "block" });
  const { code, stderr } = await run(sandbox, bins.omg, ["validate"]);
  expect(code).toBe(0);
  expect(stderr).toContain("warning: Server 's' has pins: block, and none of its tools is pinned");
  await sandbox.pin();
  expect((await run(sandbox, bins.omg, ["validate"])).stderr).toBe("");
});

describe("a running gateway", { timeout: 60_000 }, () => {
  test("blocks what has changed, and takes over what is approved, without a restart of the server", async () => {
    using sandbox = new Pinnable({ s: {} }, { pins: "block" });
    await sandbox.pin();
    await using gateway = await RunningGateway.start(sandbox, ["--config", sandbox.config]);
    const there = ["--url", gateway.url];
    expect(await toolsOf(gateway)).toEqual(["read", "announce"]);
    expect(await gateway.call("s", "read")).toBe("read");

    sandbox.offer("s", changedRead, announce);
    await gateway.call("s", "announce");
    await gateway.loggedTimes("Tools of server 's' differ from their pins: changed 'read'.", 1);
    expect(await toolsOf(gateway)).toEqual(["announce"]);
    const refused = (await gateway.rpc("s", "tools/call", { name: "read" })) as { error: { data: object } };
    expect(refused).toMatchObject({
      error: {
        code: -31014,
        message: expect.stringContaining("omg pin --approve s"),
        data: { reason: "tool_definition_changed", oldHash: expect.any(String), newHash: expect.any(String) },
      },
    });
    expect(await gateway.json("/servers/s")).toMatchObject({
      status: "running",
      blocked_tools: 1,
      problem: expect.stringContaining("omg pin --diff s"),
    });
    const diff = await sandbox.pin("--diff", ...there);
    expect(diff).toMatchObject({ code: 1, stdout: expect.stringContaining('+ "Returns text. "') });

    expect((await sandbox.pin("--approve", "s", ...there)).code).toBe(0);
    await gateway.loggedTimes("Loaded ", 1);
    expect(await toolsOf(gateway)).toEqual(["read", "announce"]);
    expect(await gateway.call("s", "read")).toBe("read");
    expect(await gateway.json("/servers/s")).not.toHaveProperty("blocked_tools");
    const calls = sandbox.calls("s").map((line) => line.split(" "));
    expect(calls.map(([, name]) => name)).toEqual(["read", "announce", "read"]);
    expect(new Set(calls.map(([pid]) => pid)).size).toBe(1);
  });

  test("warns of a change while nothing is pinned", async () => {
    using sandbox = new Pinnable();
    await using gateway = await RunningGateway.start(sandbox, ["--config", sandbox.config]);
    await gateway.json("/servers/s/warm", { method: "POST" });
    sandbox.offer("s", changedRead, announce);
    await gateway.call("s", "announce");
    const [entry] = await gateway.loggedTimes("Server 's' has changed its tools", 1);
    expect(entry).toMatchObject({
      level: "warn",
      server_id: "s",
      message: expect.stringContaining("omg pin --diff s"),
    });
    expect(await gateway.call("s", "read")).toBe("read");
  });

  test("takes a change of the policy over at once", async () => {
    using sandbox = new Pinnable();
    await using gateway = await RunningGateway.start(sandbox, ["--config", sandbox.config]);
    expect(await gateway.call("s", "read")).toBe("read");
    const text = readFileSync(sandbox.config, "utf8");
    writeFileSync(sandbox.config, `${text}pins: block\n`);
    const [loaded] = await gateway.loggedTimes("Loaded ", 1);
    expect(loaded?.message).toContain("modified: 0, unchanged: 1");
    expect(await gateway.rpc("s", "tools/call", { name: "read" })).toMatchObject({ error: { code: -31014 } });
    expect(gateway.log.some(({ message }) => String(message).includes("after a restart"))).toBe(false);
  });
});
