import { describe, expect, test } from "vitest";
import { formatDiagnostic, parseCatalog, parseConfig } from "../src/config/index.ts";

const none = { variable: () => undefined };

function configOf(text: string) {
  const { diagnostics, ...parsed } = parseConfig(text, "config.yaml", none);
  return { ...parsed, problems: diagnostics.map(formatDiagnostic) };
}

function catalogOf(text: string) {
  const { diagnostics, ...parsed } = parseCatalog(text, "catalog.yaml", none);
  return { ...parsed, problems: diagnostics.map(formatDiagnostic) };
}

const defaults = {
  listen_addr: "localhost:4444",
  idle_timeout_seconds: 300,
  start_timeout_seconds: 30,
  request_timeout_seconds: 30,
  health_check_interval_seconds: 30,
  listing_wait_seconds: 3,
  pins: "warn",
  cors_enabled: true,
  cors_origins: [],
  allowed_hosts: [],
  hot_reload: true,
};

describe("a configuration", () => {
  test.each(["", "\n# nothing yet\n", "{}", "---\n"])("has all defaults when it is empty: %j", (text) => {
    const { config, servers, problems } = configOf(text);
    expect(config).toEqual(defaults);
    expect(servers).toBeUndefined();
    expect(problems).toEqual([]);
  });

  test("keeps what it says", () => {
    const { config, problems } = configOf(
      "listen_addr: 127.0.0.1:1\ncatalog_path: c.yaml\nlog_level: debug\napi_key: k\nidle_timeout_seconds: 0\n" +
        "max_connections_per_server: 7\ncors_origins: [a, b]\n",
    );
    expect(problems).toEqual([]);
    expect(config).toEqual({
      ...defaults,
      listen_addr: "127.0.0.1:1",
      catalog_path: "c.yaml",
      log_level: "debug",
      api_key: "k",
      idle_timeout_seconds: 0,
      max_connections_per_server: 7,
      cors_origins: ["a", "b"],
    });
  });

  test("may hold the servers itself", () => {
    const { config, servers, problems } = configOf("servers:\n  - id: a\n    runtime: { type: x }\n");
    expect(problems).toEqual([]);
    expect(config).toEqual(defaults);
    expect(servers).toMatchObject([{ id: "a", runtime: { type: "x" } }]);
  });

  test("has no servers when `servers:` is null", () => {
    const { config, servers } = configOf("servers:\n");
    expect(servers).toEqual([]);
    expect(config).toEqual(defaults);
  });

  test("is refused with the servers in two places", () => {
    const { config, problems } = configOf("catalog_path: c.yaml\nservers: []\n");
    expect(config).toBeUndefined();
    expect(problems).toEqual([
      "config.yaml:2:1: error: Give the servers here or in catalog_path, not in both",
    ]);
  });

  test("stands although a server's entry is wrong", () => {
    const { config, servers, problems } = configOf("servers:\n  - id: a\n");
    expect(config).toEqual(defaults);
    expect(servers).toMatchObject([{ id: "a", problem: "Server 'a' missing required field: runtime" }]);
    expect(problems).toEqual(["config.yaml:2:5: error: Server 'a' missing required field: runtime"]);
  });

  test("may switch hot reload off", () => {
    expect(configOf("hot_reload: false\n")).toMatchObject({ config: { hot_reload: false }, problems: [] });
  });

  test.each([
    ["listen_adr: x", '1:1: error: Unknown key "listen_adr". Did you mean "listen_addr"?'],
    ["\n\nListen_Addr: x", '3:1: error: Unknown key "Listen_Addr". Did you mean "listen_addr"?'],
    ["listn_adr: x", '1:1: error: Unknown key "listn_adr". Did you mean "listen_addr"?'],
    ["lstn_adr: x", '1:1: error: Unknown key "lstn_adr".'],
    ["colour: x", '1:1: error: Unknown key "colour".'],
    ["listen_addr: 5", "1:1: error: listen_addr: Invalid input: expected string, received number"],
    [
      "a: 1\ncors_origins:\n  - a\n  - 5",
      "4:5: error: cors_origins.1: Invalid input: expected string, received number",
    ],
    ["idle_timeout_seconds: -1", "1:1: error: idle_timeout_seconds: Too small: expected number to be >=0"],
    ["api_key: ''", "1:1: error: api_key: Too small: expected string to have >=1 characters"],
    ["servers: {a: 1}", '1:1: error: "servers" must be a list'],
  ])("is refused, with the place: %j", (text, problem) => {
    const { config, problems } = configOf(text);
    expect(config).toBeUndefined();
    expect(problems).toContain(`config.yaml:${problem}`);
  });

  test.each(["text", "5", "- a", "true"])("must be a map: %s", (text) => {
    const problem = "yaml:1:1: error: The file must be a map of keys and values";
    expect(configOf(text)).toMatchObject({ config: undefined, problems: [`config.${problem}`] });
    expect(catalogOf(text)).toMatchObject({ servers: [], problems: [`catalog.${problem}`] });
  });
});

describe("a catalog", () => {
  test("holds servers and nothing else", () => {
    expect(catalogOf("server: []\n").problems).toEqual([
      'catalog.yaml:1:1: error: Unknown key "server". Did you mean "servers"?',
    ]);
    expect(catalogOf("servers: []\nlisten_addr: x\n").problems).toEqual([
      'catalog.yaml:2:1: error: Unknown key "listen_addr".',
    ]);
  });

  test.each(["", "servers:", "servers: []", "servers: null"])("may be empty: %j", (text) => {
    expect(catalogOf(text)).toMatchObject({ servers: [], problems: [] });
  });

  test("whose servers are no list is refused", () => {
    expect(catalogOf("servers: a")).toMatchObject({
      servers: [],
      problems: ['catalog.yaml:1:1: error: "servers" must be a list'],
    });
  });
});
