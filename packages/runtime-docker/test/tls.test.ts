import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectRaw } from "@omg/runtime-testkit";
import { afterAll, expect, test, vi } from "vitest";
import type { HostEnv } from "../src/engine/find-engine.ts";
import dockerRuntime from "../src/index.ts";
import { TestAuthority } from "./support/certificates.ts";
import { describeWithEngine } from "./support/engine.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";
import { tcpRelay } from "./support/tcp-relay.ts";

const authority = new TestAuthority("Authority");
const stranger = new TestAuthority("Stranger");
const server = authority.identity("engine");
const client = authority.identity("gateway");
const folder = mkdtempSync(join(tmpdir(), "omg-docker-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(join(folder, "ca.pem"), authority.cert);
writeFileSync(join(folder, "cert.pem"), client.cert);
writeFileSync(join(folder, "key.pem"), client.key);
writeFileSync(join(folder, "stranger.pem"), stranger.cert);
const bothWays = { ...server, ca: authority.cert, requestCert: true };
const certificates = { ca_file: "ca.pem", cert_file: "cert.pem", key_file: "key.pem" };

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

describeWithEngine("an engine behind TCP", ({ socketPath }) => {
  test("serves over TLS, when both sides know each other", async () => {
    await using relay = await tcpRelay(socketPath, bothWays);
    await served({ host: `tcp://127.0.0.1:${relay.port}`, ...certificates });
  });

  test("serves without TLS", async () => {
    await using relay = await tcpRelay(socketPath);
    await served({ host: `tcp://127.0.0.1:${relay.port}` });
  });

  test("is found by DOCKER_HOST with the certificates of DOCKER_CERT_PATH", async () => {
    await using relay = await tcpRelay(socketPath, bothWays);
    const DOCKER_HOST = `tcp://127.0.0.1:${relay.port}`;
    await served(undefined, { DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder });
  });

  test("is found by a context that says that nothing is verified", async () => {
    await using relay = await tcpRelay(socketPath, stranger.identity("engine"));
    const docker = { Host: `tcp://127.0.0.1:${relay.port}`, SkipTLSVerify: true };
    const digest = createHash("sha256").update("careless").digest("hex");
    const meta = join(folder, "contexts/meta", digest);
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, "meta.json"), JSON.stringify({ Endpoints: { docker } }));
    await served({ context: "careless" }, { DOCKER_CONFIG: folder });
  });

  test.each([
    [
      "that is vouched for by nobody known",
      stranger.identity("engine"),
      { ca_file: "ca.pem" },
      /SELF_SIGNED|UNABLE_TO|signature/i,
    ],
    ["that does not know the gateway", bothWays, { ca_file: "ca.pem" }, /ECONNRESET|ERR_SSL|EPROTO/],
    ["that is spoken to without TLS", bothWays, {}, /ECONNRESET|does not speak HTTP/],
  ])("one %s is not used, and the reason is said", async (_what, tls, files, why) => {
    await using relay = await tcpRelay(socketPath, tls);
    const host = `tcp://127.0.0.1:${relay.port}`;
    await using runtime = dockerRuntime();
    const request = startRequest({ ...stubServer, engine: { host, ...files } }, { baseDirectory: folder });
    await expect(runtime.start(request)).rejects.toMatchObject({
      reason: "runtime_unavailable",
      message: expect.stringMatching(why),
    });
  });
});

async function served(engine: object | undefined, hostEnv: HostEnv = {}): Promise<void> {
  await using runtime = dockerRuntime({ hostEnv });
  const options = engine ? { ...stubServer, engine } : stubServer;
  await using instance = await runtime.start(startRequest(options, { baseDirectory: folder }));
  const conversation = await connectRaw(instance.transport);
  expect(await conversation.request("ping")).toEqual({});
  await instance[Symbol.asyncDispose]();
  // The end of its input is the end of the server, so that nobody had to stop it.
  expect(await instance.exited).toEqual({ reason: "stopped", detail: "exit code 0" });
}
