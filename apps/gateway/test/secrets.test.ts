import { PassThrough } from "node:stream";
import { redactor } from "@omg/core";
import { describe, expect, test } from "vitest";
import { environmentSecrets } from "../src/configuration/environment-secrets.ts";
import { createLogger } from "../src/logging/logger.ts";
import { bins, RunningGateway, run, Sandbox, scripted } from "./support/omg.ts";

const canary = "S3CR3T-canary";

const initialize = {
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

const modernSender = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

describe("no secret reaches a log, an error or a route", () => {
  const env = {
    CANARY: `${canary}-variable`,
    INHERITED: `${canary}-inherited`,
    MCP_GATEWAY_API_KEY: `${canary}-key`,
  };
  /** Prints all that it knows and ends. */
  const tellTale = (...args: string[]) => ({
    type: "local-process",
    command: process.execPath,
    args: [
      "-e",
      "console.error(process.env.TOKEN, process.env.PLAIN, process.env.INHERITED, process.argv.slice(1).join()); process.exit(3)",
      ...args,
    ],
  });
  const banner = scripted("--banner");
  const servers = [
    {
      id: "runs",
      runtime: { ...banner, args: [...banner.args, "--name", "${CANARY}"] },
      env: { TOKEN: "${CANARY}", PLAIN: `${canary}-literal` },
      inherit_env: ["INHERITED"],
    },
    { id: "no-such-command", runtime: { type: "local-process", command: "${CANARY}" } },
    { id: "tells-variable", runtime: tellTale(), env: { TOKEN: "Bearer ${CANARY}" } },
    { id: "tells-literal", runtime: tellTale(), env: { PLAIN: `${canary}-literal` } },
    { id: "tells-inherited", runtime: tellTale(), inherit_env: ["INHERITED"] },
    { id: "tells-argument", runtime: tellTale("--", "--name", "${CANARY}") },
  ];

  test("whatever the servers print, and however they fail", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.write("catalog.yaml", { servers });
    const args = ["--catalog", catalog, "--log-level", "trace"];
    await using gateway = await RunningGateway.start(sandbox, args, env);
    const headers = {
      authorization: `Bearer ${env.MCP_GATEWAY_API_KEY}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(gateway.url + path, { ...init, headers: { ...headers, ...init.headers } });
      return { status: response.status, text: await response.text() };
    };
    const post = (path: string, message: object) =>
      ask(path, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }) });
    const answers: Record<string, string> = {};
    const modern = (path: string) =>
      ask(path, {
        method: "POST",
        headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/list",
          params: { _meta: modernSender },
        }),
      });
    for (const { id } of servers) {
      const form = await post("/mcp", { server_id: id, method: "tools/list" });
      if (id === "runs") expect(form.status).toBe(200);
      // This one's own answers say its name, which is for its clients to hear.
      else {
        answers[`initialize of ${id}`] = (await post(`/servers/${id}/mcp`, initialize)).text;
        answers[`modern list of ${id}`] = (await modern(`/servers/${id}/mcp`)).text;
      }
      answers[`form of ${id}`] = form.text;
      answers[`start of ${id}`] = (await post(`/servers/${id}/start`, {})).text;
      answers[`route of ${id}`] = (await ask(`/servers/${id}`)).text;
    }
    answers["modern list of all"] = (await modern("/mcp")).text;
    for (const path of ["/servers", "/stats", "/health", "/readyz", "/nope"])
      answers[path] = (await ask(path)).text;
    // What a call carries is no secret that anybody has declared, and is logged at no level all the same.
    const carried = "carried-by-a-call";
    const params = { name: "echo", arguments: { text: carried } };
    expect((await post("/mcp", { server_id: "runs", method: "tools/call", params })).text).toContain(carried);
    await gateway.stop();

    expect(answers["form of tells-literal"]).toContain("exit code 3");
    expect(answers["initialize of tells-argument"]).toContain("--name");
    expect(answers["route of runs"]).toContain("${CANARY}");
    const printed = gateway.log.filter(({ stream }) => stream === "stderr");
    expect(printed.map(({ server_id }) => server_id)).toContain("tells-inherited");
    expect([gateway.stdout, ...gateway.log.map((entry) => JSON.stringify(entry))].join("\n")).not.toContain(
      canary,
    );
    expect(JSON.stringify(gateway.log)).not.toContain(carried);
    expect(answers["modern list of tells-literal"]).toContain("exit code 3");
    const leaks = Object.keys(answers).filter((what) => answers[what]?.includes(canary));
    expect(leaks).toEqual([]);
  }, 60_000);
});

test("no secret is told by what is left of it where a text is cut, or by two pieces that make it up", async () => {
  using sandbox = new Sandbox();
  const secret = `${canary}-${"0123456789".repeat(3)}`;
  const say = (...pieces: string[]) =>
    `const s = process.env.TOKEN; const pieces = [${pieces.join()}];
     const next = () => pieces.length ? process.stderr.write(pieces.shift(), () => setTimeout(next, 50)) : process.exit(3);
     next();`;
  const scripts = {
    // Lines are cut at 8 KiB, and of the last words the end is kept, 2 KiB.
    "cut-line": say('"x".repeat(8192 - 20) + s + "\\n"'),
    "cut-words": say('s + "x".repeat(2048 - 20) + "\\n"'),
    pieces: say("s.slice(0, 15)", 's.slice(15) + "\\n"'),
    "last-piece": say("s.slice(0, 15)", "s.slice(15)"),
  };
  const servers = Object.entries(scripts).map(([id, script]) => ({
    id,
    runtime: { type: "local-process", command: process.execPath, args: ["-e", script] },
    env: { TOKEN: "${CANARY}" },
  }));
  const catalog = sandbox.write("catalog.yaml", { servers });
  await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], { CANARY: secret });
  const answers = await Promise.all(servers.map(({ id }) => gateway.rpc(id, "tools/list")));
  await gateway.stop();
  for (const { id } of servers) {
    const told = gateway.log.filter((entry) => entry.server_id === id && entry.stream === "stderr");
    expect([id, told.length]).toEqual([id, 1]);
  }
  const parts = [canary, secret.slice(-20)];
  const shown = [...answers, ...gateway.log].map((one) => JSON.stringify(one));
  expect(shown.filter((text) => parts.some((part) => text.includes(part)))).toEqual([]);
  expect(shown.filter((text) => text.includes("[redacted]")).length).toBeGreaterThanOrEqual(8);
});

test("no secret is shown in what an entry says about itself", async () => {
  using sandbox = new Sandbox();
  const said = { display_name: "${CANARY}", description: "uses ${CANARY}", tags: ["${CANARY}"] };
  const servers = [
    { id: "a", runtime: scripted(), ...said },
    { id: "b", runtime: { type: "${CANARY}" } },
  ];
  const catalog = sandbox.write("catalog.yaml", { servers });
  const config = sandbox.write("config.yaml", { listen_addr: "localhost:9", catalog_path: "catalog.yaml" });
  const env = { CANARY: `${canary}-variable` };
  await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], env);
  const answers = await Promise.all(
    ["/servers", "/servers/a", "/servers/b"].map((path) => gateway.json(path)),
  );
  const list = await run(sandbox, bins.omg, ["list", "--config", config], { env });
  await gateway.stop();
  const told = JSON.stringify([answers, gateway.stdout, gateway.log, list]);
  expect(told).toContain("uses ${CANARY}");
  expect(told).not.toContain(canary);
});

test("names that every object has are no variables that are set", async () => {
  using sandbox = new Sandbox();
  const servers = ["constructor", "toString", "__proto__"].map((name) => ({
    id: name,
    runtime: scripted(),
    env: { X: `\${${name}}` },
  }));
  const inherits = { id: "inherits", runtime: scripted(), inherit_env: ["constructor", "__proto__"] };
  const config = sandbox.write("config.yaml", {
    listen_addr: "localhost:9",
    servers: [...servers, inherits],
  });
  const validate = await run(sandbox, bins.omg, ["validate", "--config", config]);
  expect(validate.code).toBe(5);
  expect(validate.stderr).toContain("The variable ${constructor} is not set");
  const call = await run(sandbox, bins.omg, ["call", "inherits.echo", "text=on", "--config", config]);
  expect(call).toMatchObject({ code: 0, stdout: "on\n" });
});

describe("what counts as a secret", () => {
  test("is every value of a server's own environment, but no server's id", () => {
    const runtime = { type: "local-process" };
    const found = environmentSecrets(
      [
        {
          id: "weather",
          runtime,
          env: { A: "literal-value", NAME: "weather" },
          inherit_env: ["B", "NOT_SET"],
        },
        { id: "plain", runtime },
      ],
      { B: "inherited-value", C: "not-asked-for" },
    );
    expect(found).toEqual(["literal-value", "inherited-value"]);
  });
});

describe("a log", () => {
  /** What a log with these secrets writes. */
  function written(
    secrets: string[],
    pretty: boolean,
    ...entry: Parameters<ReturnType<typeof createLogger>>
  ): string {
    const output = new PassThrough();
    createLogger({ level: "info", output, pretty, redact: redactor(secrets) })(...entry);
    return String(output.read());
  }

  test.each([true, false])("hides a secret in the message and the fields (pretty: %s)", (pretty) => {
    const secret = 'a "quoted" \u0007 secret';
    const line = written([secret], pretty, "info", `said ${JSON.stringify({ secret })}`, {
      why: `${secret}!`,
    });
    expect(line).not.toContain("quoted");
    expect(line.match(/\[redacted\]/g)).toHaveLength(2);
  });

  test("keeps its own words when a secret is one of them", () => {
    const line = JSON.parse(
      written(["message", "server_id"], false, "info", "a message", { server_id: "s" }),
    );
    expect(line).toMatchObject({ level: "info", message: "a [redacted]", server_id: "s" });
  });

  test("hides a secret of several lines in each of them, the longest first", () => {
    const redact = redactor(["-----BEGIN-----\nMIIEabcdef\n}\n", "MIIEab", "short"]);
    expect(redact("MIIEabcdef")).toBe("[redacted]");
    expect(redact("key: MIIEabX -----BEGIN----- } short")).toBe("key: [redacted]X [redacted] } short");
  });
});
