import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playClient } from "./client/play-client.ts";
import { playModernClient } from "./client/play-modern-client.ts";
import { startGateway } from "./gateway.ts";

// What the conformance suite tests as a client: `client.ts direct URL` is the SDK's client at the suite's server,
// `client.ts gateway URL` the same one at a gateway that has the suite's server as its only one. The suite says which
// revision it asks for.
const longestMs = 25_000;
const server = "suite";

const [way, url = ""] = process.argv.slice(2);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const isModern = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === "2026-07-28";
const play = isModern ? playModernClient : playClient;
const interruption = new AbortController();
// The suite ends what takes too long; the gateway must not outlive it.
process.once("SIGTERM", () => interruption.abort(new Error("The suite waited no longer")));
const signal = AbortSignal.any([interruption.signal, AbortSignal.timeout(longestMs)]);
if (way === "gateway") await throughGateway();
else await play(scenario, { url, signal });

async function throughGateway(): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-conformance-client-"));
  const config = join(folder.path, "config.yaml");
  const runtime = { type: "remote-sse", url, allow_private_network: true };
  // JSON, which is YAML as well.
  await writeFile(config, JSON.stringify({ servers: [{ id: server, runtime }] }));
  await using gateway = await startGateway({ config, stateFolder: join(folder.path, "state"), signal });
  try {
    await play(scenario, { url: `http://localhost:${gateway.port}/servers/${server}/mcp`, signal });
  } finally {
    process.stderr.write(gateway.log.map((line) => `${line}\n`).join(""));
  }
}
