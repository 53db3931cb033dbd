import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { banner } from "../src/commands/banner.ts";
import { bins, RunningGateway, Sandbox } from "./support/omg.ts";
import { processesWith, until } from "./support/processes.ts";

/** Ends its line, forges another, drives a terminal, turns the direction, and hides letters. */
const hostile =
  '!\n{"level":"error","message":"forged"}\r\u001b]52;c;aGk=\u0007\u001b[2J\u009b31m\u202e\u2066\u061c\u2028\u2029\u{e0041}?';
const quoted = JSON.stringify(hostile);
const unwanted = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u{e0000}-\u{e007f}]/u;

/** Uses the text wherever a server may say something. */
const program = `
const hostile = ${quoted};
process.stderr.write(hostile + "\\n");
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const error = { code: -32000, message: hostile, data: hostile };
  if (method === "initialize") {
    const { protocolVersion } = params;
    send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: hostile, version: hostile } } });
  } else if (method === "tools/list") send({ id, result: { tools: [{ name: hostile, description: hostile, inputSchema: {} }] } });
  else if (params?.name === "die") { process.stderr.write(hostile); process.exit(3); }
  else send({ id, error });
});`;
const refuses = program.replace('if (method === "initialize")', 'if (method === "never")');
const runtime = (script: string) => ({
  type: "local-process",
  command: process.execPath,
  args: ["-e", script],
});
const servers = [
  { id: "talks", runtime: runtime(program), description: hostile, tags: [hostile] },
  { id: "refuses", runtime: runtime(refuses) },
  { id: `odd${hostile}`, runtime: runtime(refuses), display_name: hostile },
];

/** Says the text wherever a client may, and whatever makes servers say it. */
async function useAll(url: string): Promise<void> {
  const post = async (path: string, message: object, more: Record<string, string> = {}) => {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...more,
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: hostile, ...message });
    const response = await fetch(url + path, { method: "POST", headers, body });
    await response.text();
    return response.headers.get("mcp-session-id") ?? "";
  };
  const initialize = (name: string) => ({
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name, version: name } },
  });
  const session = await post("/mcp", initialize(hostile));
  const call = (name: string) => ({
    method: "tools/call",
    params: { name, arguments: { [hostile]: hostile } },
  });
  await post("/mcp", { method: "tools/list" }, { "mcp-session-id": session });
  for (const name of [hostile, `talks__${hostile}`, "talks__die", "refuses__x"]) {
    await post("/mcp", call(name), { "mcp-session-id": session });
  }
  for (const { id } of servers) {
    await post("/mcp", { server_id: id, ...call(hostile) });
    await post("/mcp", { server_id: id, method: hostile });
    await post(`/servers/${encodeURIComponent(id)}/start`, {});
  }
  await post("/mcp", { server_id: hostile, method: "tools/list" });
  await post(`/servers/${encodeURIComponent(hostile)}/mcp`, initialize(hostile));
  await post(`/servers/talks/mcp?${encodeURIComponent(hostile)}`, initialize(hostile));
  const { hostname, port } = new URL(url);
  const odd = request({
    hostname,
    port,
    path: "/servers/\u009b\u00ad",
    headers: { "user-agent": "\u009b31m" },
  });
  const [answer] = await once(odd.end(), "response");
  answer.resume();
  await once(answer, "end");
}

test("no text of a client or a server forges a line of the log or has a character that does something", async () => {
  using sandbox = new Sandbox();
  const catalog = sandbox.write("catalog.yaml", { servers });
  await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog, "--log-level", "trace"]);
  let raw = "";
  gateway.process.stderr.on("data", (chunk: Buffer) => {
    raw += chunk.toString();
  });
  await useAll(gateway.url);
  await gateway.stop();
  const lines = raw.trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.filter(({ timestamp }) => timestamp === undefined)).toEqual([]);
  expect(lines.filter((line) => unwanted.test(line))).toEqual([]);
  expect(gateway.stdout.split("\n").filter((line) => unwanted.test(line))).toEqual([]);
  // It was there, and what was said can be read.
  expect(entries.filter(({ stream }) => stream === "stderr").length).toBeGreaterThanOrEqual(3);
  expect(raw).toContain("\\u001b]52;c;aGk=\\u0007");
  expect(raw).toContain("\\udb40\\udc41");
}, 60_000);

const colours = new RegExp(`${"\u001b"}\\[\\d+m`, "g");
// Part of util-linux: gives a program a terminal.
const script = "/usr/bin/script";

test.skipIf(!existsSync(script))(
  "nor does it in a terminal, where the log is in colours",
  async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.write("catalog.yaml", { servers });
    const words = [process.execPath, bins.omg, "serve", "--listen-addr", "localhost:0", "--catalog", catalog];
    const record = join(sandbox.folder, "typescript");
    const terminal = spawn(script, ["-qfec", words.map((word) => `'${word}'`).join(" "), record], {
      env: { ...sandbox.env, TERM: "xterm" },
      cwd: sandbox.folder,
    });
    const shown = () => (existsSync(record) ? readFileSync(record, "utf8") : "");
    const ended = once(terminal, "exit");
    try {
      await until(() => shown().includes("Hot reload enabled"), 15_000);
      const [, port] = /listens on 127\.0\.0\.1:(\d+)/.exec(shown()) ?? [];
      await useAll(`http://localhost:${port}`);
      await until(() => shown().includes("Server failed"), 10_000);
    } finally {
      for (const pid of processesWith(catalog).filter((found) => found !== terminal.pid))
        process.kill(pid, "SIGTERM");
      await ended;
    }
    const text = shown().replace(colours, "").replaceAll("\r\n", "\n");
    expect(text).toContain("\\u001b]52;c;aGk=\\u0007");
    const rest = text.split("\n").filter((line) => unwanted.test(line));
    expect(rest).toEqual([]);
    expect(text.split("\n").filter((line) => line.startsWith('{"level"'))).toEqual([]);
  },
  60_000,
);

test("the call that a person is shown to try is one word of a shell, whatever the server is called", () => {
  const status = { config: { id: `a'; touch pwned; '\u009b`, runtime: { type: "x" } } };
  const text = banner([{ host: "127.0.0.1", port: 1 }], [status] as unknown as Parameters<typeof banner>[1]);
  const [, word = ""] = / -d (.*)$/m.exec(text) ?? [];
  expect(word).toMatch(/^'[^']*'$/);
  expect(word).not.toMatch(unwanted);
  expect(JSON.parse(word.slice(1, -1))).toMatchObject({ server_id: status.config.id });
});
