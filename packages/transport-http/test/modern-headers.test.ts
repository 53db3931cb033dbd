import { describe, expect, it } from "vitest";
import { accept, call, connectRaw, served } from "./support/http.ts";
import { modernHeaders, modernRequest, version } from "./support/modern.ts";

const named = {
  "tools/call": { name: "echo" },
  "prompts/get": { name: "echo" },
  "resources/read": { uri: "echo" },
} as const;

const base64 = (text: string) => `=?base64?${Buffer.from(text).toString("base64")}?=`;

/** Sends a call of a tool with these header lines as they are, beside those that every request needs. */
async function sent(name: string, lines: string[], method = "tools/call") {
  const { port, gateway } = await served();
  const params = method === "resources/read" ? { uri: name } : { name };
  const body = JSON.stringify(modernRequest(method, params));
  const head = [
    "POST /mcp HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Connection: close",
    `Accept: ${accept}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...lines,
  ];
  const socket = connectRaw(port);
  socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]));
  let text = "";
  for await (const chunk of socket) text += chunk;
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
  const { error } = JSON.parse(text.slice(text.indexOf("\r\n\r\n"))) as {
    error?: { code: number; message: string };
  };
  return { status: Number(status), error, gateway };
}

const first = [`MCP-Protocol-Version: ${version}`, "Mcp-Method: tools/call"];

describe("the header", () => {
  it.each(["Mcp-Method", "Mcp-Name"])("%s must be there", async (missing) => {
    const { url } = await served();
    for (const [method, params] of Object.entries(named)) {
      const { [missing.toLowerCase()]: _, ...headers } = modernHeaders(method, "echo");
      const reply = await call(`${url}/mcp`, { headers, body: modernRequest(method, params) });
      expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([400, 1, -32020]);
      expect(reply.json.error.message).toBe(`The header ${missing} is missing`);
    }
  });

  it.each([
    ["mcp-protocol-version", "2027-01-01", "MCP-Protocol-Version"],
    ["mcp-method", "tools/list", "Mcp-Method"],
    ["mcp-method", "TOOLS/CALL", "Mcp-Method"],
    ["mcp-name", "Echo", "Mcp-Name"],
    ["mcp-name", "other", "Mcp-Name"],
    ["mcp-name", "", "Mcp-Name"],
  ])("%s must not say %j", async (header, value, name) => {
    const { url, gateway } = await served();
    for (const [method, params] of Object.entries(named)) {
      const headers = { ...modernHeaders(method, "echo"), [header]: value };
      const reply = await call(`${url}/mcp`, { headers, body: modernRequest(method, params) });
      expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([400, 1, -32020]);
      expect(reply.json.error.message).toContain(`The header ${name} says "${value}"`);
    }
    expect(gateway.exchanges).toEqual([]);
  });

  it.each(Object.entries(named))("Mcp-Name of %s is read", async (method, params) => {
    const { url } = await served();
    const reply = await call(`${url}/mcp`, {
      headers: modernHeaders(method, "echo"),
      body: modernRequest(method, params),
    });
    expect(reply.status).toBe(200);
  });

  it("Mcp-Name need not be there where the body has no name either, and must not claim one", async () => {
    const { url, gateway } = await served();
    const body = modernRequest("tools/call", { arguments: {} });
    expect((await call(`${url}/mcp`, { headers: modernHeaders("tools/call"), body })).status).toBe(200);
    expect((await call(`${url}/mcp`, { headers: modernHeaders("tools/call", "x"), body })).status).toBe(400);
    expect(gateway.exchanges).toHaveLength(1);
  });

  it("Mcp-Name is the task's id for a task, if it is there, and means nothing elsewhere", async () => {
    const { url } = await served();
    const status = async (method: string, name?: string) => {
      const body = modernRequest(method, { taskId: "t1" });
      return (await call(`${url}/mcp`, { headers: modernHeaders(method, name), body })).status;
    };
    expect([
      await status("tasks/get"),
      await status("tasks/get", "t1"),
      await status("tasks/get", "t2"),
    ]).toEqual([200, 200, 400]);
    expect(await status("tools/list", "any")).toBe(200);
  });

  it.each([
    ["Mcp-Name: echo", "echo"],
    ["mcp-name: echo", "echo"],
    ["MCP-NAME:  \t echo \t ", "echo"],
    [`Mcp-Name: ${base64("zwölf – 十二")}`, "zwölf – 十二"],
    [`Mcp-Name: ${base64(" padded ")}`, " padded "],
    [`Mcp-Name: ${base64("\ufefftext")}`, "\ufefftext"],
    [`Mcp-Name: ${base64("=?base64?literal?=")}`, "=?base64?literal?="],
    ["Mcp-Name: =?base64?SGVsbG8=", "=?base64?SGVsbG8="],
    ["Mcp-Name: =?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="],
    ["Mcp-Name: SGVsbG8=", "SGVsbG8="],
    ["Mcp-Name: =?base64??=", ""],
  ])("%j says %j", async (line, name) => {
    for (const method of ["tools/call", "resources/read"]) {
      const lines = [`MCP-Protocol-Version: ${version}`, `Mcp-Method: ${method}`, line];
      const { status, error } = await sent(name, lines, method);
      expect([status, error]).toEqual([200, undefined]);
    }
  });

  it.each([
    ["Mcp-Name: =?base64?SGVsbG8?=", "Hello"],
    ["Mcp-Name: =?base64?SGVs!!!bG8=?=", "Hello"],
    ["Mcp-Name: =?base64?/w==?=", "\ufffd"],
    ["Mcp-Name: z\xf6lf", "zölf"],
  ])("%j says nothing", async (line, name) => {
    const { status, error } = await sent(name, [...first, line]);
    expect([status, error?.code]).toEqual([400, -32020]);
    expect(error?.message).toMatch(/^The header Mcp-Name (is not valid Base64|holds characters)/);
  });

  it.each(["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-A"])(
    "%s must not come twice",
    async (name) => {
      const lines = [...first, "Mcp-Name: a, a", "Mcp-Param-A: a"];
      const again = lines.find((line) => line.startsWith(`${name}:`)) ?? "";
      const { status, error, gateway } = await sent("a, a", [...lines, again.toLowerCase()]);
      expect([status, error?.code]).toEqual([400, -32020]);
      expect(error?.message).toContain("more than once");
      expect(gateway.exchanges).toEqual([]);
    },
  );
});

describe("a header that mirrors an argument", () => {
  it("goes on as it came, with all others of its kind and nothing else", async () => {
    const lines = [
      ...first,
      "Mcp-Name: echo",
      "Mcp-Param-Region: us-west1",
      "mcp-param-USER: =?base64?w7Y=?=",
      "Mcp-Other: x",
      "Mcp-Param-Padded:   x ",
    ];
    const { status, gateway } = await sent("echo", lines);
    expect(status).toBe(200);
    expect(gateway.exchanges[0]?.options.headers).toEqual({
      "Mcp-Param-Region": "us-west1",
      "mcp-param-USER": "=?base64?w7Y=?=",
      "Mcp-Param-Padded": "x",
    });
  });

  it.each(["=?base64?SGVsbG8?=", "=?base64?/w==?=", "z\xf6lf"])("must not be %j", async (value) => {
    const { status, error, gateway } = await sent("echo", [
      ...first,
      "Mcp-Name: echo",
      `Mcp-Param-A: ${value}`,
    ]);
    expect([status, error?.code]).toEqual([400, -32020]);
    expect(error?.message).toContain("Mcp-Param-A");
    expect(gateway.exchanges).toEqual([]);
  });
});
