import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { bins, run, Sandbox } from "./support/omg.ts";
import { residentBytesOf } from "./support/processes.ts";
import { rawPost, sendRaw } from "./support/raw-http.ts";
import { traced } from "./support/traced.ts";

const request = (more: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call"${more}}`;
const batch = (count: number) => `[${Array(count).fill(request("")).join()}]`;

/** Messages that are none, and the code that says so. */
const odd: readonly (readonly [what: string, text: string, code: number])[] = [
  ["nothing", "{", -32700],
  ["two messages", request("") + request(""), -32700],
  ["a comment", `${request("")}/**/`, -32700],
  ["an infinite number", request(',"params":{"a":Infinity}'), -32700],
  ["a NUL", request(',"params":{"a":"\0"}'), -32700],
  ["a list in the place of an object", request(',"params":{"a":[}'), -32700],
  ["a lone word", '"tools/call"', -32600],
  ["null", "null", -32600],
  ["an empty batch", "[]", -32600],
  ["a method that is a list", '{"jsonrpc":"2.0","id":1,"method":["tools/call"]}', -32600],
  ["Method in the place of method", '{"jsonrpc":"2.0","id":1,"Method":"tools/call"}', -32600],
  ["a second method", request(',"method":"tools/list"'), -32600],
  ["a second method by an escape", request(',"meth\\u006fd":"tools/list"'), -32600],
  ["a second name", request(',"params":{"name":"a","name":"b"}'), -32600],
  ["a name in capitals besides", request(',"params":{"name":"a","Name":"b"}'), -32600],
  ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"tools/call"}', -32600],
  ["an id that is a list", '{"jsonrpc":"2.0","id":[1],"method":"tools/call"}', -32600],
  ["an id with a fraction", '{"jsonrpc":"2.0","id":1.5,"method":"tools/call"}', -32600],
  [
    "an id beyond all safe numbers",
    '{"jsonrpc":"2.0","id":1152921504606846976,"method":"tools/call"}',
    -32600,
  ],
  ["an id of 300 letters", `{"jsonrpc":"2.0","id":"${"i".repeat(300)}","method":"tools/call"}`, -32600],
  ["params that are a list", request(',"params":[1]'), -32600],
  ["65 levels", request(`,"params":{"a":${"[".repeat(65)}${"]".repeat(65)}}`), -32600],
  ["two million levels", "[".repeat(2_000_000), -32600],
  ["two million levels of objects", request(`,"params":${'{"a":'.repeat(400_000)}`), -32600],
  ["300,000 values", request(`,"params":{"a":[${"1,".repeat(300_000)}1]}`), -32600],
];

/** Over HTTP alone: on a line it is left out. */
const marked = ["a byte order mark", `\ufeff${request("")}`, -32700] as const;

describe("over HTTP, at the binary", () => {
  const initialize = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  });
  const head = ["Host: localhost", "Accept: application/json, text/event-stream"];

  test("odd messages get their code, in a session, without one and in the original's form, and start nothing", async () => {
    const { gateway, hasStarted } = await traced();
    const { text } = await sendRaw(gateway.url, rawPost("/mcp", head, initialize));
    const session = `Mcp-Session-Id: ${/\r\nmcp-session-id: (\S+)/i.exec(text)?.[1]}`;
    const modern = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: s__echo"];
    const faults: unknown[] = [];
    for (const [what, message, code] of [marked, ...odd]) {
      for (const more of [[session], modern, []]) {
        const answer = await sendRaw(gateway.url, rawPost("/mcp", [...head, ...more], message));
        const { error } = JSON.parse(answer.text.split("\r\n\r\n")[1] ?? "{}");
        if (answer.status !== 400 || error?.code !== code) faults.push([what, more[0], answer.status, error]);
      }
      const form = await sendRaw(gateway.url, rawPost("/rpc", [...head, "X-Server-ID: s"], message));
      if (form.status !== 400) faults.push([what, "/rpc", form.status]);
    }
    expect(faults).toEqual([]);
    const many = await sendRaw(gateway.url, rawPost("/mcp", [...head, session], batch(10_000)));
    expect([many.status, many.text.includes("-32600")]).toEqual([400, true]);
    const large = await sendRaw(gateway.url, rawPost("/mcp", [...head, session], "[".repeat(5_000_000)));
    expect(large.status).toBe(413);
    expect(hasStarted()).toBe(false);
  }, 120_000);
});

describe("over stdio, at the binary", () => {
  test("odd lines get their code each, and start nothing", async () => {
    using sandbox = new Sandbox();
    const trace = `${sandbox.folder}/started`;
    const catalog = sandbox.catalog({ s: ["--count-file", trace] });
    // What ends a line there is told apart before.
    const lines = [...odd.map(([, text]) => text), "[".repeat(5_000_000), batch(10_000)];
    const { code, stdout } = await run(sandbox, bins.omg, ["stdio", "--catalog", catalog], {
      input: `${lines.join("\n")}\n`,
    });
    expect(code).toBe(0);
    const codes = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).error?.code);
    expect(codes).toEqual([...odd.map(([, , expected]) => expected), -32600, -32600]);
    expect(() => readFileSync(trace)).toThrow("ENOENT");
  }, 120_000);
});

describe("a body without an end", () => {
  test("takes no memory, however many send one at once", async () => {
    const { gateway } = await traced();
    const chunk = Buffer.from(`100000\r\n${" ".repeat(2 ** 20)}\r\n`);
    const send = async () => {
      const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
      let answer = "";
      let sent = 0;
      socket.on("error", () => {});
      socket.on("data", (data) => {
        answer += data;
      });
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      const more = () => {
        while (!socket.destroyed && sent < 1024 && socket.write(chunk)) sent++;
      };
      socket.on("drain", more);
      more();
      await closed;
      return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), sent };
    };
    // What the first requests load is no part of it.
    await send();
    const residentBytes = () => residentBytesOf(gateway.process.pid as number);
    const before = residentBytes();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, residentBytes());
    }, 20);
    const outcomes = await Promise.all(Array.from({ length: 5 }, send));
    clearInterval(watch);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill(413));
    expect(outcomes.every(({ sent }) => sent < 1024)).toBe(true);
    // Up to 4 MiB each are kept before they are refused, and what is read is garbage for a while.
    expect((most - before) / 2 ** 20).toBeLessThan(128);
  }, 120_000);
});
