// An MCP server over stdio that tries what it should not be able to, and tells how far it came. Plain Node and busybox,
// to be run in a container. Each tool answers with one text block of JSON.
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createConnection } from "node:net";
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";

const megabyte = 1024 * 1024;
const protocolVersion = "2025-06-18";

const tools = {
  /** Who it is, by the kernel's account. */
  self: () => ({
    uid: process.getuid(),
    gid: process.getgid(),
    groups: process.getgroups(),
    home: process.env.HOME,
    status: Object.fromEntries(
      [...readFileSync("/proc/self/status", "utf8").matchAll(/^(Cap\w+|NoNewPrivs|Seccomp):\t(\w+)$/gm)].map(
        ([, key, value]) => [key, value],
      ),
    ),
  }),
  /** What it sees of the machine. */
  surroundings: () => ({
    namespaces: Object.fromEntries(
      readdirSync("/proc/self/ns").map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)]),
    ),
    processes: readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length,
    devices: readdirSync("/dev").sort(),
    interfaces: Object.keys(networkInterfaces()).sort(),
    limits: existsSync("/sys/fs/cgroup/cgroup.controllers") ? unifiedLimits() : limitsByController(),
  }),
  /** The options of the file system that is mounted there. */
  mounted: ({ path }) =>
    readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .find(([, target]) => target === path)?.[3],
  exists: ({ path }) => existsSync(path),
  read: ({ path }) => attempt(() => readFileSync(path, "utf8")),
  write: ({ path }) => attempt(() => writeFileSync(path, "written by the probe\n")),
  run: ({ command }) => {
    const { status, stdout, stderr, error } = spawnSync(command[0], command.slice(1), { encoding: "utf8" });
    return { status, output: (stdout ?? "") + (stderr ?? ""), error: error?.code };
  },
  /** Runs a program of its own making. */
  executeFrom: ({ folder }) => {
    const program = `${folder}/busybox`;
    copyFileSync("/bin/busybox", program);
    return attempt(() => {
      const { error } = spawnSync(program, ["true"]);
      if (error) throw error;
    });
  },
  /** Writes until that fails, or so many megabytes are written. */
  fill: ({ path, megabytes }) => {
    const file = openSync(path, "w");
    let written = 0;
    const end = attempt(() => {
      for (; written < megabytes; written++) writeSync(file, Buffer.alloc(megabyte));
    });
    closeSync(file);
    return { written, end };
  },
  /** Takes so many megabytes of memory. */
  allocate: ({ megabytes }) => {
    const taken = [];
    while (taken.length < megabytes) taken.push(Buffer.alloc(megabyte, 1));
    return taken.length;
  },
  /** Starts so many processes at once; they end after it. */
  fork: async ({ count }) => {
    const children = [];
    let refused;
    for (let made = 0; made < count && !refused; made++) {
      const child = spawn("sleep", ["60"], { stdio: "ignore" });
      child.on("error", ({ code }) => {
        refused = code;
      });
      if (child.pid !== undefined) children.push(child);
      await new Promise((next) => setImmediate(next));
    }
    for (const child of children) child.kill("SIGKILL");
    return { started: children.length, refused };
  },
  /** `connected`, or the code of the error. */
  connect: ({ address }) =>
    new Promise((resolve) => {
      const socket = createConnection(address);
      socket.setTimeout(5_000, () => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
      socket.on("error", ({ code }) => resolve(code));
      socket.on("connect", () => {
        socket.destroy();
        resolve("connected");
      });
    }),
};

function attempt(action) {
  try {
    return action() ?? "done";
  } catch (error) {
    return error.code;
  }
}

/** Control groups, version 2. Null: no limit. */
function unifiedLimits() {
  const [quota, period] = group("cpu.max").split(" ");
  return {
    memory: amount(group("memory.max")),
    swap: amount(group("memory.swap.max")),
    cpus: quota === "max" ? null : quota / period,
    processes: amount(group("pids.max")),
  };
}

/** Control groups, version 1. */
function limitsByController() {
  const memory = amount(group("memory/memory.limit_in_bytes"));
  const both = amount(group("memory/memory.memsw.limit_in_bytes"));
  const quota = Number(group("cpu/cpu.cfs_quota_us"));
  return {
    memory,
    swap: both === null ? null : both - memory,
    cpus: quota < 0 ? null : quota / Number(group("cpu/cpu.cfs_period_us")),
    processes: amount(group("pids/pids.max")),
  };
}

function group(file) {
  return readFileSync(`/sys/fs/cgroup/${file}`, "utf8").trim();
}

/** Version 1 has a figure that is larger than any machine for no limit. */
function amount(text) {
  return text === "max" || Number(text) > Number.MAX_SAFE_INTEGER ? null : Number(text);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result =
    method === "initialize"
      ? { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "probe", version: "1.0.0" } }
      : { content: [{ type: "text", text: JSON.stringify(await tools[params.name](params.arguments)) }] };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
}
