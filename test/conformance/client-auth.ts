import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playAuthClient } from "./client/play-auth-client.ts";
import { login } from "./client/play-login.ts";
import { startGateway } from "./gateway.ts";

// What the conformance suite tests as a client that logs in: a gateway that has the suite's server as its only one, with
// `omg login` and a browser played by this program. The URL of the suite's server is the last argument.
const longestMs = 28_000;
const server = "suite";
/** The suite's own, which nobody fetches. */
const metadata = "https://conformance-test.local/client-metadata.json";

const url = process.argv.at(-1) ?? "";
const interruption = new AbortController();
// The suite ends what takes too long; the gateway must not outlive it.
process.once("SIGTERM", () => interruption.abort(new Error("The suite waited no longer")));
const signal = AbortSignal.any([interruption.signal, AbortSignal.timeout(longestMs)]);

await using folder = await mkdtempDisposable(join(tmpdir(), "omg-conformance-auth-"));
const config = join(folder.path, "config.yaml");
const stateFolder = join(folder.path, "state");
const runtime = { type: "remote-sse", url, allow_private_network: true, auth: authOf() };
// JSON, which is YAML as well.
await writeFile(config, JSON.stringify({ servers: [{ id: server, runtime }] }));
await using gateway = await startGateway({ config, stateFolder, signal });
try {
  await playAuthClient({
    url: `http://localhost:${gateway.port}/servers/${server}/mcp`,
    login: () => login({ config, server, stateFolder, signal }),
    signal,
  });
} finally {
  process.stderr.write(gateway.log.map((line) => `${line}\n`).join(""));
}

/** What the suite gives a client to know beforehand. */
function authOf(): object {
  const { client_id, client_secret } = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
  if (process.env.MCP_CONFORMANCE_SCENARIO?.startsWith("auth/client-credentials") === true)
    return { type: "client_credentials", client_id, client_secret };
  return { type: "oauth", client_metadata_url: metadata, client_id, client_secret };
}
