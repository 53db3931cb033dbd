import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RunningGateway, Sandbox, scripted } from "./support/omg.ts";
import { childrenOf } from "./support/processes.ts";

const secret = "S3CR3T-of-the-gateway";
const services = ["AWS", "AZURE", "GCP", "GITHUB", "NPM", "OPENAI", "ANTHROPIC", "SLACK", "STRIPE", "VAULT"];
const kinds = [
  ..."ACCESS_KEY_ID SECRET_ACCESS_KEY SESSION_TOKEN API_KEY TOKEN PASSWORD CLIENT_SECRET PRIVATE_KEY DSN".split(
    " ",
  ),
  ..."CREDENTIALS COOKIE WEBHOOK_URL SIGNING_KEY PASSPHRASE REFRESH_TOKEN CONNECTION_STRING AUTH PAT KUBECONFIG CA".split(
    " ",
  ),
];
const secrets = Object.fromEntries(
  services.flatMap((service) => kinds.map((kind) => [`${service}_${kind}`, `${secret}-${service}-${kind}`])),
);

/** What a server inherits, and nothing else. */
const inherited = {
  HOME: "/nowhere",
  LANG: "C.UTF-8",
  LOGNAME: "me",
  SHELL: "/bin/sh",
  TERM: "dumb",
  TMPDIR: "/tmp",
  TZ: "UTC",
  USER: "me",
};

test("a server has what it inherits and what its entry says, and nothing of 200 secrets beside it", async () => {
  using sandbox = new Sandbox();
  const servers = [
    { id: "plain", runtime: scripted() },
    {
      id: "given",
      runtime: scripted("${ONE}"),
      env: { TOKEN: "${AWS_TOKEN}", LANG: "de" },
      inherit_env: ["NPM_TOKEN", "NOT_SET"],
    },
  ];
  const catalog = sandbox.write("catalog.yaml", { servers });
  const more = {
    MCP_GATEWAY_API_KEY: "",
    OMG_LOG_LEVEL: "info",
    OMG_OWNER: secret,
    ONE: "1",
    LC_ALL: secret,
    "BASH_FUNC_x%%": "() { :; }",
  };
  const env = { ...secrets, ...inherited, ...more };
  expect(Object.keys(secrets)).toHaveLength(200);
  await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], env);
  const environmentOf = async (id: string) =>
    JSON.parse(await gateway.call(id, "env")) as Record<string, string>;
  const own = {
    OMG_SERVER: "plain",
    OMG_INSTANCE: expect.any(String),
    OMG_OWNER: expect.not.stringContaining(secret),
  };
  const path = { PATH: process.env.PATH };
  expect(await environmentOf("plain")).toEqual({ ...inherited, ...path, ...own });
  expect(await environmentOf("given")).toEqual({
    ...inherited,
    ...path,
    ...own,
    OMG_SERVER: "given",
    LANG: "de",
    TOKEN: secrets.AWS_TOKEN,
    NPM_TOKEN: secrets.NPM_TOKEN,
  });
  // What the janitor is started with is no larger.
  const { server } = JSON.parse(await gateway.call("plain", "pids")) as { server: number };
  expect(readFileSync(`/proc/${server}/cmdline`, "utf8")).not.toContain(secret);
  const telling = childrenOf(gateway.process.pid as number).filter((pid) => {
    const known = readFileSync(`/proc/${pid}/environ`, "utf8");
    return known.split(secret).length - 1 > (known.includes("OMG_SERVER=given") ? 2 : 0);
  });
  expect(telling).toEqual([]);
});
