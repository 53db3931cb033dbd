import { describe, expect, test } from "vitest";
import remoteRuntime from "../src/index.ts";

const url = "https://mcp.example.com/mcp";

function schemaOfOptions() {
  const [runtime] = remoteRuntime();
  if (!runtime) throw new Error("no runtime");
  return runtime.options["~standard"];
}

const check = async (options: unknown) => schemaOfOptions().validate(options);

async function issuesOf(options: unknown): Promise<string[]> {
  const { issues = [] } = await check(options);
  return issues.map(({ path, message }) => `${path?.join(".")}: ${message}`);
}

test("the options need a URL and default the rest", async () => {
  expect(await check({ url })).toEqual({
    value: {
      url,
      headers: {},
      transport: "auto",
      connect_timeout_seconds: 5,
      response_timeout_seconds: 30,
      silence_timeout_seconds: 300,
      allow_private_network: false,
    },
  });
  expect(await issuesOf({})).toEqual(["url: is required"]);
});

test("the options refuse unknown keys and wrong values", async () => {
  expect(await issuesOf({ url, uri: url })).toEqual([expect.stringContaining('"uri"')]);
  expect(await issuesOf({ url, transport: "stdio" })).toEqual([expect.stringMatching(/^transport: .*"sse"/)]);
  expect(await issuesOf({ url, ca_file: "" })).toEqual(["ca_file: must not be empty"]);
  expect(await issuesOf({ url, allow_private_network: "yes" })).toEqual([
    expect.stringMatching(/^allow_private_network: .*boolean/),
  ]);
});

test.each([
  ["connect_timeout_seconds", 60],
  ["response_timeout_seconds", 600],
  ["silence_timeout_seconds", 3600],
])("%s is more than 0 and at most %d", async (key, longest) => {
  for (const value of [0, -1])
    expect(await issuesOf({ url, [key]: value })).toEqual([`${key}: must be more than 0`]);
  expect(await issuesOf({ url, [key]: longest + 1 })).toEqual([`${key}: must be at most ${longest}`]);
  expect(await issuesOf({ url, [key]: longest })).toEqual([]);
  expect(await issuesOf({ url, [key]: 0.1 })).toEqual([]);
  expect(await issuesOf({ url, [key]: "5" })).toEqual([
    expect.stringMatching(new RegExp(`^${key}: .*number`)),
  ]);
});

describe("the url", () => {
  test.each([
    "http://mcp.example.com",
    "HTTPS://MCP.example.com:8443/mcp?key=a@b#part",
    "https://mcp.example.com/@scope/mcp",
    "http://[::1]:8080/mcp",
    "http://bücher.example/mcp",
  ])("may be %s", async (value) => expect(await issuesOf({ url: value })).toEqual([]));

  test.each([
    ["", "must be a URL, for example https://mcp.example.com/mcp"],
    ["mcp.example.com", "must be a URL, for example https://mcp.example.com/mcp"],
    ["/mcp", "must be a URL, for example https://mcp.example.com/mcp"],
    ["http:mcp.example.com", "must be a URL, for example https://mcp.example.com/mcp"],
    ["http:///mcp.example.com", "must be a URL, for example https://mcp.example.com/mcp"],
    ["http://1.2.3.4.5/", "must be a URL, for example https://mcp.example.com/mcp"],
    ["http://[fe80::1%25eth0]/", "must be a URL, for example https://mcp.example.com/mcp"],
    ["mcp.example.com:443/mcp", "must begin with https:// or http://"],
    ["ftp://mcp.example.com", "must begin with https:// or http://"],
    ["ws://mcp.example.com", "must begin with https:// or http://"],
    ["file:///etc/passwd", "must begin with https:// or http://"],
    ["javascript:alert(1)", "must begin with https:// or http://"],
    ["https://user:password@mcp.example.com", "must not hold a user or password: put them into headers"],
    ["https://user@mcp.example.com", "must not hold a user or password: put them into headers"],
    ["https://:password@mcp.example.com", "must not hold a user or password: put them into headers"],
    ["https://@mcp.example.com", "must not hold a user or password: put them into headers"],
    [" https://mcp.example.com", "must not contain spaces, line ends or backslashes"],
    ["https://mcp.example.com\n", "must not contain spaces, line ends or backslashes"],
    ["https://mcp.exa\tmple.com", "must not contain spaces, line ends or backslashes"],
    ["https://mcp.example.com\\@evil.example", "must not contain spaces, line ends or backslashes"],
    ["https://mcp.example.com/\u0000", "must not contain spaces, line ends or backslashes"],
  ])("can not be %j", async (value, message) =>
    expect(await issuesOf({ url: value })).toEqual([`url: ${message}`]),
  );

  test("does not stand in what is said of it: it may hold a secret", async () => {
    const { issues = [] } = await check({ url: "ftp://me:hunter2@mcp.example.com/?key=hunter2" });
    expect(issues).toHaveLength(1);
    expect(JSON.stringify(issues)).not.toContain("hunter2");
  });
});

describe("a header", () => {
  const issues = (headers: unknown) => issuesOf({ url, headers });

  test("of the server's own is taken as it is", async () => {
    const headers = {
      Authorization: "Bearer x",
      "X-Api-Key": "a\tb é",
      cookie: "a=b",
      "user-agent": "x",
      e: "",
      constructor: "x",
      prototype: "x",
    };
    expect(await check({ url, headers })).toMatchObject({ value: { headers } });
  });

  test.each(["", "Bad Name", "a:b", "a\r\nb", "ä", "a\0"])("can not be called %j", async (name) => {
    expect(await issues({ [name]: "x" })).toEqual([`headers.${name}: must be the name of an HTTP header`]);
  });

  test.each(["a\nb", "a\r\nHost: evil.example", "\r", "a\0", "\x7f", "€", "\u2028"])(
    "can not hold %j",
    async (value) => {
      expect(await issues({ a: value })).toEqual([
        "headers.a: must be the value of an HTTP header, in one line",
      ]);
    },
  );

  test.each([
    "Host",
    "connection",
    "Content-Length",
    "expect",
    "Keep-Alive",
    "TE",
    "trailer",
    "Transfer-Encoding",
    "upgrade",
  ])("%s belongs to the connection", async (name) => {
    expect(await issues({ [name]: "x" })).toEqual([
      `headers.${name}: can not be set: it belongs to the connection`,
    ]);
  });

  test.each([
    "Accept",
    "content-encoding",
    "Content-Type",
    "Last-Event-ID",
    "Mcp-Session-Id",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Param-Region",
  ])("%s belongs to the protocol", async (name) => {
    expect(await issues({ [name]: "x" })).toEqual([
      `headers.${name}: can not be set: it belongs to the protocol`,
    ]);
  });

  test.each(["Proxy-Authorization", "proxy-connection"])("%s is for proxies", async (name) => {
    expect(await issues({ [name]: "x" })).toEqual([
      expect.stringMatching(new RegExp(`^headers.${name}: can not be set: it is for proxies; .*HTTPS_PROXY`)),
    ]);
  });

  test("stands there once, in whatever letters", async () => {
    expect(await issues({ Authorization: "a", authorization: "b" })).toEqual([
      "headers.authorization: stands here twice: capital and small letters make no difference",
    ]);
  });

  test("is a text in a map", async () => {
    expect(await issues({ a: 1 })).toEqual([expect.stringMatching(/^headers\.a: .*string/)]);
    expect(await issues(["a: b"])).toEqual([expect.stringMatching(/^headers: /)]);
    expect(await issues([])).toEqual([expect.stringMatching(/^headers: /)]);
  });
});

test("credentials are of one of two kinds, and say what else they need", async () => {
  const issues = (auth: unknown) => issuesOf({ url, auth });
  const kinds = "auth.type: Invalid discriminator value. Expected 'oauth' | 'client_credentials'";
  expect(await issues({ type: "basic" })).toEqual([kinds]);
  expect(await issues({})).toEqual([kinds]);
  expect(await issues([])).toEqual(["auth: Invalid input: expected object, received array"]);
  expect(await issues({ type: "client_credentials", client_id: "" })).toEqual([
    "auth.client_id: must not be empty",
    "auth.client_secret: is required",
  ]);
  expect(await issues({ type: "oauth", scopes: ["a b"], issuer: "x", redirect_port: 0 })).toEqual([
    "auth.issuer: must be the URL of an authorization server",
    "auth.scopes.0: must be one scope, without spaces or quotes",
    "auth.redirect_port: must be from 1 to 65535",
  ]);
});

test("editors get a JSON Schema with a word about every key", () => {
  const { jsonSchema } = schemaOfOptions() as {
    jsonSchema: { input(options: object): { properties: Record<string, object>; required: string[] } };
  };
  const schema = jsonSchema.input({ target: "draft-07" });
  expect(schema).toMatchObject({ type: "object", required: ["url"], additionalProperties: false });
  expect(schema.properties.transport).toMatchObject({
    enum: ["auto", "streamable-http", "sse"],
    default: "auto",
  });
  expect(schema.properties.connect_timeout_seconds).toMatchObject({ exclusiveMinimum: 0, maximum: 60 });
  expect(schema.properties.headers).toMatchObject({ additionalProperties: { type: "string" } });
  for (const [key, property] of Object.entries(schema.properties))
    expect(property, key).toHaveProperty("description");
});
