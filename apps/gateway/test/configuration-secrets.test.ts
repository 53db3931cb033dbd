import { beforeAll, describe, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox, scripted } from "./support/omg.ts";

const canary = "S3CR3T-canary";
const env = {
  CANARY_ENV: `${canary}-variable-env`,
  CANARY_ARG: `${canary}-variable-argument`,
  CANARY_URL: `${canary}-variable-url`,
  CANARY_HEADER: `${canary}-variable-header`,
  CANARY_KEY: `${canary}-variable-key`,
};

const { command, args } = scripted("--");

/** Secrets wherever somebody may put one: each entry has what shows its lines in a frame. */
const catalog = `servers:
  - id: runs
    runtime:
      type: local-process
      command: ${command}
      args: ${JSON.stringify([...args, "--name", "${CANARY_ARG}", "--token", `${canary}-argument`, `--api-key=${canary}-flag`])}
    env:
      PLAIN: ${canary}-literal
      API_TOKEN: "${canary}-warned"
      FROM_VARIABLE: "Bearer \${CANARY_ENV}"
      FROM_FILE: \${file:key.txt}
      FROM_DEFAULT: \${NOT_SET_ANYWHERE:-${canary}-default}
      CERTIFICATE: |
        -----BEGIN-----
        ${canary}-block
  - id: remote # ${canary}-comment
    runtime:
      type: remote-sse
      url: https://me:${canary}-userinfo@example.com/mcp?key=${canary}-query&v=\${CANARY_URL}
      headers: { Authorization: "Bearer \${CANARY_HEADER}", X-Other: ${canary}-header }
  - id: mistyped
    runtime:
      type: local-process
      command: x
      passwrd: ${canary}-unknown-option
  - id: misspelt
    runtime: { type: local-process, command: x }
    tokn: ${canary}-unknown-key
  - id: twice
    runtime: { type: local-process, command: x }
    env: { KEY: ${canary}-first }
  - id: twice
    runtime: { type: local-process, command: x }
    env: { KEY: ${canary}-second }
  - id: unset
    runtime: { type: local-process, command: x, args: ["--password", "${canary}-beside-\${NOT_SET_ANYWHERE}"] }
    env: { KEY: "${canary}-\${${canary} no name}" }
  - id: glued
    runtime: { type: local-process, command: x }
    env: { TOKEN:${canary}-glued, OTHER: [${canary}-list] }
`;

const configurations: Readonly<Record<string, string>> = {
  "a key from a variable": "catalog_path: catalog.yaml\napi_key: ${CANARY_KEY}\n",
  "a literal key": `catalog_path: catalog.yaml\napi_key: ${canary}-literal-key\nx-note: ${canary}-note\n`,
};

/** Files that are refused, with a secret near what is wrong. */
const refused: Readonly<Record<string, string>> = {
  "an unknown key": `api_kye: ${canary}\nservers: []\n`,
  "a key twice": `api_key: ${canary}-1\napi_key: ${canary}-2\n`,
  "an open quote": `api_key: "${canary}\nservers: []\n`,
  "a tab": `servers: []\n\tapi_key: ${canary}\n`,
  "a colon too many": `api_key: ${canary}: ${canary}\n`,
  "no space": `servers: []\napi_key:${canary}\n`,
  "an alias of nothing": `api_key: *${canary}\n`,
  "an escape of nothing": `api_key: "\\u${canary}"\n`,
  "an open bracket": `servers: [{ id: a, env: { A: ${canary} }\n`,
  "a broken entry": `servers:\n  - id: a\n    env:\n      A: ${canary}\n     B: ${canary}\n`,
  "the wrong kind of value": `api_key: [${canary}]\nlisten_addr: { a: ${canary} }\n`,
  "no map": `${canary}\n`,
};

const commands: readonly (readonly string[])[] = [
  ["validate"],
  ["validate", "--format", "json"],
  ["validate", "--format", "github"],
  ["serve", "--validate"],
  ["config"],
  ["config", "--resolved"],
  ["list"],
  ["list", "--json"],
  ["call", "mistyped.any"],
  ["call", "unset.any"],
  ["call", "remote.any"],
];

describe("no secret of a configuration is printed", () => {
  test.each(Object.entries(configurations))(
    "by any command, with %s",
    async (_what, text) => {
      using sandbox = new Sandbox();
      sandbox.write("key.txt", `${canary}-file\n`);
      sandbox.write("catalog.yaml", catalog);
      sandbox.write("config.yaml", `listen_addr: localhost:9\n${text}`);
      const outputs: Record<string, string> = {};
      for (const command of [...commands, ["schema"], ["schema", "catalog"]]) {
        const { stdout, stderr } = await run(sandbox, bins.omg, command, { env });
        outputs[command.join(" ")] = stdout + stderr;
      }
      expect(outputs.validate).toContain('Unknown key "tokn"');
      expect(outputs.validate).toContain('Unknown key "passwrd"');
      expect(outputs.validate).toContain("API_TOKEN is written out");
      expect(outputs["config --resolved"]).toContain('FROM_FILE: "***"');
      expect(Object.keys(outputs).filter((command) => outputs[command]?.includes(canary))).toEqual([]);
    },
    120_000,
  );

  test.each(Object.entries(refused))(
    "by what is said of a file that is refused: %s",
    async (_what, text) => {
      using sandbox = new Sandbox();
      sandbox.write("config.yaml", text);
      for (const command of [["validate"], ["validate", "--format", "json"], ["serve"]]) {
        const { code, stdout, stderr } = await run(sandbox, bins.omg, command);
        expect(code).toBe(5);
        expect(stdout + stderr).not.toContain(canary);
      }
    },
    60_000,
  );

  describe("by a gateway that serves it:", () => {
    const answers: Record<string, string> = {};
    let log = "";

    beforeAll(async () => {
      using sandbox = new Sandbox();
      sandbox.write("key.txt", `${canary}-file\n`);
      const path = sandbox.write("catalog.yaml", catalog);
      const key = { MCP_GATEWAY_API_KEY: `${canary}-key` };
      const flags = ["--catalog", path, "--log-level", "trace"];
      await using gateway = await RunningGateway.start(sandbox, flags, { ...env, ...key });
      const headers = {
        authorization: `Bearer ${key.MCP_GATEWAY_API_KEY}`,
        "content-type": "application/json",
      };
      const ask = async (route: string, init: RequestInit = {}) => {
        const response = await fetch(gateway.url + route, { ...init, headers });
        answers[`${init.method ?? "GET"} ${route}`] = await response.text();
      };
      for (const id of ["runs", "remote", "mistyped", "misspelt", "twice", "unset", "glued"]) {
        await ask(`/servers/${id}`);
        await ask(`/servers/${id}/start`, { method: "POST" });
      }
      for (const route of ["/servers", "/stats", "/readyz"]) await ask(route);
      await gateway.stop();
      log = gateway.stdout + gateway.log.map((entry) => JSON.stringify(entry)).join("\n");
    }, 60_000);

    const leaking = (isMeant: (route: string) => boolean) =>
      Object.keys(answers).filter((route) => isMeant(route) && answers[route]?.includes(canary));
    /** These show an entry as it is written. */
    const showsEntry = (route: string) => /^GET \/servers\/(?:runs|remote|unset|glued)$/.test(route);

    test("not in its log", () => {
      expect(log).toContain("is not set");
      expect(log).not.toContain(canary);
    });

    test("not by its routes", () => {
      expect(answers["POST /servers/runs/start"]).toContain("running");
      expect(leaking((route) => !showsEntry(route))).toEqual([]);
    });

    test("not by the routes of single entries, beside references", () => {
      expect(leaking(showsEntry)).toEqual([]);
    });
  });
});
