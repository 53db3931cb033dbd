import { digestEntries, OmgError, type ServerState } from "@omg/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { call, served } from "./support/http.ts";
import { StubGateway, serverStatus } from "./support/stub-gateway.ts";

const now = new Date("2026-01-15T12:00:00.500Z");
const started = new Date(now.getTime() - 90_500);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now });
});
afterEach(() => {
  vi.useRealTimers();
});

const full = serverStatus("pg", {
  config: {
    id: "pg",
    display_name: "Postgres",
    description: "SQL tools",
    tags: ["database", "sql"],
    runtime: { type: "local-process", command: "pg", args: ["--url", "postgres://me:hunter2@db/x"] },
    env: { PGPASSWORD: "hunter2", MODE: "fast" },
    written: {
      runtime: {
        type: "local-process",
        command: "pg",
        args: ["--url", "${PG_URL}"],
        headers: { a: "${TOKEN}", b: "lit" },
      },
      env: { PGPASSWORD: "${PGPASSWORD}", MODE: "fast" },
    },
  },
  state: "ready",
  startedAt: started,
  lastActivity: started,
  requestCount: 17,
  errorCount: 2,
  instances: 1,
});

describe("GET", () => {
  it.each(["/health", "/healthz"])("%s says ok as long as the process serves", async (path) => {
    const { url, gateway } = await served();
    gateway.draining = true;
    expect((await call(url + path)).json).toEqual({ status: "ok" });
    expect((await call(url + path, { method: "HEAD" })).status).toBe(200);
  });

  it("/readyz tells when the gateway or the front drains", async () => {
    const { url, gateway, front } = await served();
    expect((await call(`${url}/readyz`)).json).toEqual({ status: "ready" });
    gateway.draining = true;
    const reply = await call(`${url}/readyz`);
    expect([reply.status, reply.json]).toEqual([503, { status: "draining" }]);
    gateway.draining = false;
    expect((await call(`${url}/readyz`)).status).toBe(200);
    await front.drain();
    expect((await call(`${url}/readyz`)).status).toBe(503);
  });

  it("/servers lists summaries, of one tag if asked", async () => {
    const { url } = await served({}, new StubGateway(full, serverStatus("bare", { problem: "No TOKEN" })));
    const summary = {
      id: "pg",
      display_name: "Postgres",
      description: "SQL tools",
      status: "running",
      tags: ["database", "sql"],
      runtime_type: "local-process",
      started_at: started.toISOString(),
      last_activity: started.toISOString(),
      request_count: 17,
      uptime_seconds: 90,
    };
    const bare = {
      id: "bare",
      display_name: "bare",
      description: "",
      tags: [],
      status: "stopped",
      problem: "No TOKEN",
      runtime_type: "local-process",
      request_count: 0,
    };
    expect((await call(`${url}/servers`)).json).toEqual([summary, bare]);
    expect((await call(`${url}/servers?tag=sql`)).json).toEqual([summary]);
    expect((await call(`${url}/servers?tag=sq`)).json).toEqual([]);
  });

  it("/servers/:id shows the entry as it is written, and no secret", async () => {
    const { url } = await served({}, new StubGateway(full));
    const reply = await call(`${url}/servers/pg`);
    expect(reply.json).toMatchObject({ id: "pg", status: "running", connection_count: 1 });
    expect(reply.json).not.toHaveProperty("runtime_type");
    expect(reply.json.runtime).toEqual({
      type: "local-process",
      command: "pg",
      args: ["--url", "${PG_URL}"],
      headers: { a: "${TOKEN}", b: "***" },
    });
    expect(reply.json.env).toEqual({ PGPASSWORD: "${PGPASSWORD}", MODE: "***" });
    expect(reply.text).not.toContain("hunter2");
  });

  it("/servers/:id masks what looks secret in an entry that nobody wrote", async () => {
    const runtime = {
      type: "x",
      command: "run",
      args: [
        "--port",
        "1",
        "--token",
        "s3cret",
        "--api-key=s3cret",
        "-v",
        "https://u:s3cret@h/p",
        "plain",
        "--header",
        "Authorization: Bearer s3cret",
        "-e",
        "API_KEY=s3cret",
        "--key",
        "s3cret",
        "--pat=s3cret",
        "https://h/sse?a=1&api_key=s3cret&b=2",
        "MODE=fast",
      ],
      headers: { accept: "s3cret" },
      nested: { password: "s3cret", authToken: { deep: "s3cret" }, "${X}": "${kept-not}", flag: true },
    };
    const config = { id: "pg", runtime, env: { A: "s3cret", B: "${s3cret}" } };
    const { url } = await served({}, new StubGateway(serverStatus("pg", { config })));
    const reply = await call(`${url}/servers/pg`);
    expect(reply.text).not.toContain("s3cret");
    expect(reply.json.runtime.args).toEqual([
      "--port",
      "1",
      "--token",
      "***",
      "--api-key=***",
      "-v",
      "https://***@h/p",
      "plain",
      "--header",
      "Authorization: ***",
      "-e",
      "API_KEY=***",
      "--key",
      "***",
      "--pat=***",
      "https://h/sse?a=***&api_key=***&b=***",
      "MODE=fast",
    ]);
    expect(reply.json.runtime.nested.flag).toBe(true);
  });

  it.each<[ServerState, string]>([
    ["ready", "running"],
    ["draining", "running"],
    ["stopping", "shutting_down"],
    ["backoff", "unhealthy"],
    ["failed", "unhealthy"],
    ["stopped", "stopped"],
    ["disabled", "stopped"],
    ["starting", "starting"],
  ])("/servers calls %s %s", async (state, status) => {
    const { url } = await served({}, new StubGateway(serverStatus("a", { state })));
    expect((await call(`${url}/servers/a`)).json.status).toBe(status);
  });

  it("/stats sums up", async () => {
    const gateway = new StubGateway(full, serverStatus("bare"));
    const { url } = await served({ version: "1.2.3" }, gateway);
    const { json } = await call(`${url}/stats`);
    expect(json).toMatchObject({
      version: "1.2.3",
      uptime_seconds: 7_200,
      total_requests: 310,
      dropped_messages: 3,
      active_servers: 1,
      total_servers: 2,
      sessions: 0,
      held_calls: 4,
      config_stale: false,
      config_problems: [],
      needs_restart: [],
      last_reload: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(json.servers).toEqual({
      pg: {
        status: "running",
        request_count: 17,
        error_count: 2,
        uptime_seconds: 90,
        last_activity: started.toISOString(),
      },
      bare: { status: "stopped", request_count: 0, error_count: 0 },
    });
  });
});

describe("POST", () => {
  it("start and stop are idempotent", async () => {
    const { url } = await served();
    const said = async (action: string) => {
      const reply = await call(`${url}/servers/pg/${action}`, { method: "POST" });
      expect([reply.status, reply.json.id]).toEqual([200, "pg"]);
      return [reply.json.status, reply.json.message];
    };
    expect(await said("stop")).toEqual(["stopped", "Server already stopped"]);
    expect(await said("start")).toEqual(["running", "Server started successfully"]);
    expect(await said("start")).toEqual(["running", "Server already running"]);
    expect(await said("stop")).toEqual(["stopped", "Server stopped successfully"]);
  });

  it("start never takes from the body what to run", async () => {
    const { url, gateway } = await served();
    const body = { command: "touch", args: ["pwned"], env: { A: "1" }, image: "evil", url: "http://evil" };
    expect((await call(`${url}/servers/pg/start`, { body })).status).toBe(200);
    expect((await call(`${url}/servers/new/start`, { body })).status).toBe(404);
    expect((await call(`${url}/servers`, { body })).status).toBe(405);
    expect(gateway.starts).toBe(1);
  });

  it.each([
    ["upstream_start_failed", 502, "Bad Gateway"],
    ["server_disabled", 502, "Bad Gateway"],
    ["bad_params", 502, "Bad Gateway"],
    ["draining", 503, "Service Unavailable"],
  ] as const)("start that fails with %s is answered with %d", async (reason, status, error) => {
    const { url, gateway } = await served();
    gateway.failure = new OmgError(reason, { message: "spawn failed" });
    const reply = await call(`${url}/servers/pg/start`, { method: "POST" });
    expect([reply.status, reply.json]).toEqual([
      status,
      { error, message: "Failed to start server: spawn failed", reason },
    ]);
  });

  it("reload says what changed, and when it was shows in the statistics", async () => {
    const report = { added: ["a"], removed: [], changed: ["b"], unchanged: ["c", "d"], kept: ["d"] };
    const { url } = await served({ reload: async () => report });
    expect((await call(`${url}/stats`)).json.last_reload).toBe("2026-01-15T10:00:00.500Z");
    expect((await call(`${url}/admin/reload`, { method: "POST" })).json).toEqual({
      status: "ok",
      message: "Catalog reloaded",
      servers_loaded: 4,
      servers_added: 1,
      servers_removed: 0,
      servers_changed: 1,
      servers_unchanged: 2,
      ...report,
    });
    expect((await call(`${url}/stats`)).json.last_reload).toBe(now.toISOString());
  });

  it("reload that fails says why", async () => {
    const reload = async () => {
      throw new OmgError("config_invalid", { message: "line 3: unknown key" });
    };
    const { url } = await served({ reload });
    const reply = await call(`${url}/admin/reload`, { method: "POST" });
    expect([reply.status, reply.json.message]).toEqual([
      500,
      "Failed to reload catalog: line 3: unknown key",
    ]);
  });

  it("warm tells what was learnt, or why nothing was", async () => {
    const { url, gateway } = await served();
    const warm = () => call(`${url}/servers/pg/warm`, { method: "POST" });
    expect((await warm()).json).toEqual({ id: "pg", status: "ok", tools: 3 });
    gateway.failure = new OmgError("upstream_start_failed", { message: "spawn failed" });
    expect((await warm()).json.message).toBe("Failed to warm server: spawn failed");
  });

  it("pins tells what a server's tools are, or why nobody knows", async () => {
    const { gateway, url } = await served();
    const pins = () => call(`${url}/servers/pg/pins`, { method: "POST" });
    const hash = `sha256:${"0".repeat(64)}`;
    expect((await pins()).json).toEqual({
      id: "pg",
      set: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      tools: [{ name: "read", hash, description: "Reads" }],
    });
    gateway.failure = new OmgError("upstream_start_failed", { message: "spawn failed" });
    expect((await pins()).json.message).toBe("Failed to ask server for its tools: spawn failed");
  });

  it("reload does not exist unless it was given", async () => {
    const { url } = await served();
    expect((await call(`${url}/admin/reload`, { method: "POST" })).status).toBe(404);
  });
});

describe("errors", () => {
  it.each([
    "/",
    "/nothing",
    "/servers/",
    "/Servers",
    "/servers/pg/other",
    "/servers/nope",
    "/servers/nope/start",
  ])("%s is not found", async (path) => {
    const { url } = await served();
    const reply = await call(url + path, { method: path.endsWith("start") ? "POST" : "GET" });
    expect([reply.status, reply.json.error]).toEqual([404, "Not Found"]);
    if (path.includes("nope")) expect(reply.json.message).toBe("Server 'nope' not found");
  });

  it("wrong methods name the right ones", async () => {
    const { url } = await served();
    const allowed = {
      "/servers": "GET, HEAD",
      "/servers/pg": "GET, HEAD",
      "/servers/pg/stop": "POST",
      "/stats": "GET, HEAD",
    };
    for (const [path, allow] of Object.entries(allowed)) {
      const reply = await call(url + path, { method: "DELETE" });
      expect([reply.status, reply.headers.allow, reply.json.error]).toEqual([
        405,
        allow,
        "Method Not Allowed",
      ]);
    }
  });

  it("nobody expected tell the client nothing, but an event does", async () => {
    const events: unknown[] = [];
    const gateway = new StubGateway(serverStatus("pg"));
    const { url } = await served({ onEvent: (event) => events.push(event) }, gateway);
    const fault = new Error("at /secret/path:1");
    gateway.failure = fault;
    gateway.servers = () => {
      throw fault;
    };
    const replies = [
      await call(`${url}/servers`),
      await call(`${url}/servers/pg/start`, { method: "POST" }),
      await call(`${url}/rpc`, { headers: { "x-server-id": "pg" }, body: { method: "ping" } }),
    ];
    for (const { status, text } of replies) {
      expect(status).toBe(500);
      expect(text).not.toContain("secret");
    }
    expect(events).toEqual(Array(3).fill({ type: "http-error", error: fault }));
  });
});

describe("a catalog that is older than its files", () => {
  const state = {
    loadedAt: new Date("2026-01-15T08:00:00Z"),
    problems: ["catalog.yaml:3:5: Unknown key"],
    needsRestart: ["listen_addr"],
  };

  it("shows in /stats with what is wrong, in /readyz without", async () => {
    const { url } = await served({ catalog: () => state, apiKey: "a-key-of-some-length" });
    const headers = { "x-api-key": "a-key-of-some-length" };
    expect((await call(`${url}/stats`, { headers })).json).toMatchObject({
      last_reload: "2026-01-15T08:00:00.000Z",
      config_stale: true,
      config_problems: state.problems,
      needs_restart: ["listen_addr"],
    });
    const ready = await call(`${url}/readyz`);
    expect([ready.status, ready.json]).toEqual([
      200,
      {
        status: "ready",
        config_stale: true,
        detail: "The configuration has errors; what they concern stays as it was before",
      },
    ]);
  });
});

describe("POST /catalog/diff", () => {
  const salt = "0123456789abcdef";
  const entry = (id: string, runtime: object, more = {}) => ({
    id,
    runtime: { type: "local-process", ...runtime },
    ...more,
  });
  const digests = (...servers: ReturnType<typeof entry>[]) =>
    digestEntries(servers, salt).map(({ id, parts }) => ({ id, parts: Object.fromEntries(parts) }));

  it("says what a catalog would change, from digests alone", async () => {
    const gateway = new StubGateway(
      ...["same", "gone", "other"].map((id) =>
        serverStatus(id, {
          config: entry(id, { command: "x" }, { written: entry(id, { command: "${X}" }) }),
        }),
      ),
    );
    const { url } = await served({}, gateway);
    const servers = digests(
      entry("same", { command: "${X}" }),
      entry("other", { command: "${X}", args: ["1"] }, { env: { A: "b" } }),
      entry("new", {}),
    );
    const { json } = await call(`${url}/catalog/diff`, { body: { salt, servers } });
    expect(json).toEqual({
      added: ["new"],
      removed: ["gone"],
      changed: [{ id: "other", parts: ["env.A", "runtime.args"] }],
      unchanged: ["same"],
    });
  });

  it.each([
    ["no salt", { servers: [] }],
    ["a short salt", { salt: "x", servers: [] }],
    ["no list", { salt, servers: {} }],
    ["an entry without parts", { salt, servers: [{ id: "x" }] }],
    ["nothing", null],
    [
      "what is deeper than it need be",
      `{"salt":"${salt}","servers":[],"x":${"[".repeat(70)}${"]".repeat(70)}}`,
    ],
    ["a key twice", `{"salt":"${salt}","salt":"${salt}","servers":[]}`],
  ])("refuses %s", async (_, body) => {
    const { url } = await served();
    const reply = await call(`${url}/catalog/diff`, { body });
    expect([reply.status, reply.json.message]).toEqual([400, expect.stringMatching(/^The body must be/)]);
  });
});
