import { describe, expect, test } from "vitest";
import { rawPost, sendRaw } from "./support/raw-http.ts";
import { traced } from "./support/traced.ts";

const call = JSON.stringify({ server_id: "s", jsonrpc: "2.0", id: 1, method: "tools/list" });

describe("a Host that is not this gateway's", () => {
  const hosts = [
    ..."evil.com evil.com:4444 localhost.evil.com 127.0.0.1.nip.io localhost. localhost.. 127.1 2130706433".split(
      " ",
    ),
    ..."0x7f000001 0177.0.0.1 0.0.0.0 127.0.0.2 [::] [::ffff:127.0.0.1] [0:0:0:0:0:0:0:1%25lo] localhost@evil.com".split(
      " ",
    ),
    ..."evil.com@localhost localhost/x localhost?x localhost#x localhost\\x localhost:80:80 localhost: :4444".split(
      " ",
    ),
    "localhost evil.com",
    "localhost,evil.com",
    "http://localhost",
    "",
  ];

  test("is refused on a raw socket in each of its forms, as are two, and nothing starts", async () => {
    const { gateway, hasStarted } = await traced();
    const answers: Record<string, number> = {};
    const paths = ["/mcp", "/servers/s/start"];
    for (const path of paths) {
      for (const host of hosts) {
        const { status } = await sendRaw(gateway.url, rawPost(path, [`Host: ${host}`], call));
        answers[`${path} ${host}`] = status;
      }
    }
    expect(Object.entries(answers).filter(([, status]) => status !== 400 && status !== 403)).toEqual([]);
    expect(Object.keys(answers)).toHaveLength(paths.length * hosts.length);
    const two = [
      ["Host: localhost", "Host: localhost"],
      ["Host: localhost", "Host: evil.com"],
      ["hOsT: evil.com", "Host: localhost"],
      [],
    ];
    for (const head of two) {
      const { status } = await sendRaw(gateway.url, rawPost("/mcp", head, call));
      expect([head, status]).toEqual([head, 400]);
    }
    for (const target of ["http://localhost/servers/s/start", "//localhost/servers/s/start"]) {
      const { status } = await sendRaw(gateway.url, rawPost(target, ["Host: localhost"], call));
      expect([target, status >= 400]).toEqual([target, true]);
    }
    expect(hasStarted()).toBe(false);
    expect((await sendRaw(gateway.url, rawPost("/mcp", ["Host: localhost"], call))).status).toBe(200);
    expect(hasStarted()).toBe(true);
  }, 60_000);
});

describe("a key in the wrong place", () => {
  test("opens nothing, and stands in no log", async () => {
    const key = "S3CR3T-key-of-the-gateway";
    const { gateway, hasStarted } = await traced({ MCP_GATEWAY_API_KEY: key });
    const basic = Buffer.from(`${key}:${key}`).toString("base64");
    const tries: [path: string, headers: Record<string, string>][] = [
      ...["key", "api_key", "apikey", "token", "access_token", "auth"].map(
        (name): [string, Record<string, string>] => [`/mcp?${name}=${key}`, {}],
      ),
      [`/mcp#${key}`, {}],
      [`/${key}/mcp`, {}],
      [`/servers/${key}/mcp`, {}],
      ["/mcp", { authorization: `Basic ${key}` }],
      ["/mcp", { authorization: `Basic ${basic}` }],
      ["/mcp", { authorization: key }],
      ["/mcp", { authorization: `Digest username="${key}"` }],
      ["/mcp", { cookie: `api_key=${key}; authorization=Bearer ${key}` }],
      ["/mcp", { "proxy-authorization": `Bearer ${key}` }],
      ["/mcp", { "x-auth-token": key, "api-key": key }],
    ];
    for (const [path, headers] of tries) {
      const init = {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: call,
      };
      const answer = await fetch(gateway.url + path, init);
      expect([path, headers, answer.status]).toEqual([path, headers, 401]);
      expect(await answer.text()).not.toContain(key);
    }
    const body = JSON.stringify({ ...JSON.parse(call), api_key: key, authorization: `Bearer ${key}` });
    expect((await sendRaw(gateway.url, rawPost("/mcp", ["Host: localhost"], body))).status).toBe(401);
    expect(hasStarted()).toBe(false);
    await gateway.stop();
    expect(JSON.stringify(gateway.log) + gateway.stdout).not.toContain(key);
  }, 60_000);
});
