import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { describeWithEngine, engine } from "../../packages/runtime-docker/test/support/engine.ts";
import type { TestSummary } from "../../scripts/summary-reporter.ts";
import { repositoryRoot } from "../support/workspace.ts";

const run = promisify(execFile);

/** What answers as an engine would that has everything. */
const complete: RequestListener = (_, response) => response.end();

describe("the search for an engine", () => {
  test("says which socket nothing answers on, and how to start one", async () => {
    expect(await engine({ DOCKER_HOST: "unix:///absent/docker.sock" })).toEqual({
      reason: "no Docker engine answers on /absent/docker.sock (ENOENT); start one with test/engines/up.sh",
    });
  });

  test("says that it needs a socket", async () => {
    expect(await engine({ DOCKER_HOST: "tcp://127.0.0.1:2375" })).toEqual({
      reason: "DOCKER_HOST is tcp://127.0.0.1:2375, and the tests need an engine on a Unix socket",
    });
  });

  test("names what is missing and what builds it", async () => {
    await using fake = await listen((request, response) => {
      response.writeHead(request.url?.includes("everything") ? 404 : 200).end();
    });
    expect(await engine({ DOCKER_HOST: `unix://${fake.socketPath}` })).toEqual({
      reason: `the Docker engine on ${fake.socketPath} has not all images of the tests (/images/omg-test/everything:1/json: HTTP 404); build them with test/engines/docker-images.sh`,
    });
  });

  test("finds an engine with its images, and the registry beside it", async () => {
    await using fake = await listen(complete);
    await using registry = await listen((_, response) => {
      response.writeHead(200, { "docker-distribution-api-version": "registry/2.0" }).end();
    }, 0);
    const environment = { DOCKER_HOST: `unix://${fake.socketPath}`, OMG_TEST_REGISTRY: registry.address };
    expect(await engine(environment)).toEqual({ socketPath: fake.socketPath, registry: registry.address });
  });

  test("takes nothing else on the registry's port for one", async () => {
    await using fake = await listen(complete);
    await using other = await listen(complete, 0);
    const environment = { DOCKER_HOST: `unix://${fake.socketPath}`, OMG_TEST_REGISTRY: other.address };
    expect(await engine(environment)).toEqual({ socketPath: fake.socketPath });
  });
});

describe("a suite that needs an engine, where there is none", () => {
  const reason = "no Docker engine answers on /absent/docker.sock (ENOENT)";

  test("is skipped, says why, and is counted", async () => {
    const { summary, printed } = await runWithoutEngine("");
    expect(summary).toMatchObject({ passed: 0, failed: 0 });
    expect(summary.skipped.filter(({ name }) => name.includes(reason))).toHaveLength(3);
    expect(printed).toContain(`skipped: the engine of this machine: ${reason}`);
  });

  test("fails if OMG_REQUIRED_ENGINES lists docker", async () => {
    const { summary, printed } = await runWithoutEngine("k8s,docker");
    expect(summary).toMatchObject({ passed: 0, failed: 1 });
    expect(printed).toContain(`Error: ${reason}`);
  });
});

describeWithEngine("the engine of this machine", ({ socketPath, registry }) => {
  const docker = async (args: readonly string[], input = "") => {
    const running = run("docker", ["--host", `unix://${socketPath}`, ...args]);
    running.child.stdin?.end(input);
    return (await running).stdout;
  };

  test("runs Node in a container", async () => {
    const version = await docker(["run", "--rm", "--network=none", "omg-test/node:1", "node", "--version"]);
    expect(version).toMatch(/^v2\d\./);
  });

  test("runs a server over stdio, which ends with its input", async () => {
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" },
    };
    const hello = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`;
    const answer = await docker(
      ["run", "--rm", "--network=none", "--interactive", "omg-test/everything:1"],
      hello,
    );
    expect(JSON.parse(answer)).toMatchObject({ id: 1, result: { protocolVersion: "2025-11-25" } });
  });

  test.skipIf(registry === undefined)("takes an image from the registry", async () => {
    const image = `${registry}/omg-test/engine-test:${process.pid}`;
    await docker(["tag", "omg-test/busybox:1", image]);
    await docker(["push", image]);
    await docker(["rmi", image]);
    expect(await docker(["run", "--rm", "--network=none", image, "echo", "pulled"])).toBe("pulled\n");
    await docker(["rmi", image]);
  });
});

/** Runs the suite above in a process of its own. */
async function runWithoutEngine(required: string): Promise<{ summary: TestSummary; printed: string }> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-engine-"));
  const summaryFile = join(folder.path, "summary.json");
  const environment = {
    OMG_REQUIRED_ENGINES: required,
    DOCKER_HOST: "unix:///absent/docker.sock",
    TEST_SUMMARY_FILE: summaryFile,
  };
  const selection = ["test/engines/engine.test.ts", "-t", "the engine of this machine"];
  const { stderr } = await run(join(repositoryRoot, "node_modules/.bin/vitest"), ["run", ...selection], {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
  }).catch((failure: { stderr: string }) => failure);
  return {
    summary: JSON.parse(await readFile(summaryFile, "utf8")),
    printed: stripVTControlCharacters(stderr),
  };
}

type Listening = AsyncDisposable & { readonly address: string; readonly socketPath: string };

/** A server on a socket of its own, or on a port of loopback. */
async function listen(listener: RequestListener, port?: number): Promise<Listening> {
  const folder = await mkdtempDisposable(join(tmpdir(), "omg-engine-"));
  const socketPath = join(folder.path, "engine.sock");
  const server = createServer(listener);
  await once(port === undefined ? server.listen(socketPath) : server.listen(port, "127.0.0.1"), "listening");
  return {
    socketPath,
    address: port === undefined ? "" : `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await folder.remove();
    },
  };
}
