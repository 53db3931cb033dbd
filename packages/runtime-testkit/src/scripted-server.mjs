#!/usr/bin/env node
// An MCP server over stdio that behaves as its arguments say. Plain Node, no dependencies: it may be copied into an
// image. The arguments and tools are listed in the README of @omg/runtime-testkit.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values: script } = parseArgs({
  options: {
    name: { type: "string", default: "scripted" },
    "slow-start": { type: "string" },
    "exit-at-once": { type: "string" },
    mute: { type: "boolean" },
    banner: { type: "boolean" },
    "ignore-eof": { type: "boolean" },
    "ignore-sigterm": { type: "boolean" },
    grandchild: { type: "string" },
    "count-file": { type: "string" },
    "protocol-version": { type: "string" },
  },
  allowPositionals: true,
});

const VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const received = [];
const sleeping = new Map();
let grandchild;

if (script["count-file"] !== undefined) appendFileSync(script["count-file"], `${process.pid}\n`);
if (script["exit-at-once"] !== undefined) {
  process.stderr.write("boom\n");
  process.exit(Number(script["exit-at-once"]));
}
// Listening for SIGTERM also means: the process does not die of it.
process.on("SIGTERM", () => {
  if (!script["ignore-sigterm"]) leave("SIGTERM");
});
if (script["ignore-eof"]) setInterval(() => {}, 60_000);
if (script.grandchild !== undefined) grandchild = startGrandchild(script.grandchild);
if (script.banner) process.stdout.write("Welcome to the scripted server!\n\n{not json\n");
if (script["slow-start"] === undefined) listen();
else setTimeout(listen, Number(script["slow-start"]));

function listen() {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", receive);
  lines.on("close", () => {
    if (!script["ignore-eof"]) leave("end of input");
  });
}

function leave(why) {
  process.stderr.write(`stopping: ${why}\n`, () => process.exit(0));
}

function receive(line) {
  const message = JSON.parse(line);
  received.push(message.method ?? "response");
  if (message.method === "notifications/cancelled") cancel(message.params?.requestId);
  if (message.id === undefined || message.method === undefined || script.mute) return;
  const { id, method, params = {} } = message;
  if (method === "initialize") answer(id, initialize(params));
  else if (method === "ping") answer(id, {});
  else if (method === "tools/list") answer(id, { tools: Object.keys(tools).map(describe) });
  else if (method === "tools/call") call(id, params);
  else send({ jsonrpc: "2.0", id, error: { code: -32601, message: `Method not found: ${method}` } });
}

function initialize({ protocolVersion }) {
  return {
    protocolVersion:
      script["protocol-version"] ?? (VERSIONS.includes(protocolVersion) ? protocolVersion : VERSIONS[0]),
    capabilities: { tools: {} },
    serverInfo: { name: script.name, version: "1.0.0" },
  };
}

function call(id, { name, arguments: given = {}, _meta: meta }) {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (tool) tool(given, id, meta);
  else send({ jsonrpc: "2.0", id, error: { code: -32602, message: `Unknown tool: ${name}` } });
}

/** Every tool answers one text block; what is no text is JSON. */
const tools = {
  echo: ({ text = "" }, id) => say(id, text),
  env: (_given, id) => say(id, process.env),
  argv: (_given, id) => say(id, process.argv.slice(2)),
  cwd: (_given, id) => say(id, process.cwd()),
  pids: (_given, id) => say(id, { server: process.pid, grandchild: grandchild?.pid ?? null }),
  received: (_given, id) => say(id, received),
  big: ({ bytes = 1024 }, id) => say(id, "x".repeat(bytes)),
  sleep: sleep,
  crash: ({ code = 7, signal }) =>
    process.stdout.write("", () => (signal ? process.kill(process.pid, signal) : process.exit(code))),
  flood_stderr: ({ lines = 1000 }, id) => {
    const line = `${"flood ".repeat(20)}\n`;
    process.stderr.write(line.repeat(lines), () => say(id, "flooded"));
  },
  close_stdout: (_given, _id) => {
    process.stdout.end();
    setInterval(() => {}, 60_000);
  },
  stop_reading: (_given, id) => {
    say(id, "stopped reading");
    process.stdin.pause();
    setInterval(() => {}, 60_000);
  },
};

/** Answers after `ms`; sends `progress` notifications meanwhile if asked to; ends early when cancelled. */
function sleep({ ms = 1000, progress = 0 }, id, meta) {
  const end = () => {
    sleeping.delete(id);
    say(id, `slept ${ms} ms`);
  };
  const timers = [setTimeout(end, ms)];
  for (let step = 1; step <= progress && meta?.progressToken !== undefined; step++) {
    const params = { progressToken: meta.progressToken, progress: step, total: progress };
    const due = (ms * step) / (progress + 1);
    timers.push(setTimeout(() => send({ jsonrpc: "2.0", method: "notifications/progress", params }), due));
  }
  sleeping.set(id, timers);
}

function cancel(id) {
  for (const timer of sleeping.get(id) ?? []) clearTimeout(timer);
  sleeping.delete(id);
}

/**
 * It holds stdout and ignores SIGTERM. `group`: in this process's group, without its environment. `session`: out of the
 * group, with the environment. `hidden`: neither.
 */
function startGrandchild(kind) {
  const child = spawn(process.execPath, ["-e", "process.on('SIGTERM',()=>{});setInterval(()=>{},60000)"], {
    detached: kind !== "group",
    env: kind === "session" ? process.env : {},
    stdio: ["ignore", "inherit", "ignore"],
  });
  child.unref();
  return child;
}

function describe(name) {
  return { name, description: `The tool ${name}`, inputSchema: { type: "object" } };
}

function say(id, content) {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  answer(id, { content: [{ type: "text", text }] });
}

function answer(id, result) {
  send({ jsonrpc: "2.0", id, result });
}

function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
