import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ofOwner } from "../src/container/labels.ts";
import { Engine } from "../src/engine/engine.ts";
import dockerRuntime from "../src/index.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";
import { tcpRelay } from "./support/tcp-relay.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

describeWithEngine("a start that can not work says why, and what to do", ({ socketPath }) => {
  const engine = { socket: socketPath };
  const owner = `failures-${crypto.randomUUID()}`;
  const runtime = dockerRuntime();
  const listener = createServer();
  let takenPort = 0;

  beforeAll(async () => {
    await once(listener.listen(0, "127.0.0.1"), "listening");
    takenPort = (listener.address() as { port: number }).port;
  });
  afterAll(async () => {
    listener.close();
    await runtime[Symbol.asyncDispose]?.();
    expect(await new Engine({ socketPath }).list(ofOwner(owner))).toEqual([]);
  });

  const { signal } = new AbortController();
  const start = (options: object) =>
    runtime.start(startRequest({ ...stubServer, engine, ...options }, { owner }));

  test.each([
    ["no such network", { network: "omg-gone" }, "network_missing", "Create it (docker network create)"],
    ["no such user", { user: "omg-gone" }, "user_missing", `Correct "user".`],
    ["no such group", { user: "0:omg-gone" }, "user_missing", `Correct "user".`],
    ["no user that there can be", { user: "99999999999" }, "user_missing", `Correct "user".`],
    ["no such image", { image: "omg-test/gone:1" }, "image_missing", `"pull" is never. Build or pull it.`],
    ["no folder to work in", { working_dir: "/proc/gone" }, "working_dir", `correct "working_dir".`],
    ["two volumes at one place", { volumes: ["/etc:/x", "/usr:/x"] }, "volume", `Correct "volumes".`],
    ["a file in place of a folder", { volumes: ["/etc/hostname:/etc"] }, "volume", `Correct "volumes".`],
    [
      "no folder of this machine",
      { volumes: ["/omg-gone:/x"] },
      "volume",
      `"/omg-gone" does not exist. Correct "volumes".`,
    ],
    ["no such capability", { cap_add: ["OMG_GONE"] }, "capability", `Correct "cap_add".`],
    ["no such platform", { platform: "linux/riscv64" }, "platform", `Correct "platform".`],
    ["nothing like a platform", { platform: "a/b/c/d/e" }, "platform", `Correct "platform".`],
    ["no such option of a tmpfs", { tmpfs: ["/x:nonsense=1"] }, "tmpfs", `Correct "tmpfs".`],
    ["more processors than there are", { cpus: 1024 }, "cpus", `Correct "cpus".`],
    ["no address", { extra_hosts: ["db:beef"] }, "extra_hosts", `Correct "extra_hosts".`],
  ])("%s", async (_what, options, detail, advice) => {
    await expect(start(options)).rejects.toMatchObject({
      reason: "upstream_start_failed",
      server: "tested",
      detail,
      message: expect.stringContaining(advice),
    });
  });

  test("a folder that only the engine's machine has not", async () => {
    // What is behind TCP may be another machine, so that nobody here looks whether a folder exists.
    await using relay = await tcpRelay(socketPath);
    const far = { host: `tcp://0.0.0.0:${relay.port}` };
    await expect(start({ engine: far, volumes: ["/omg-gone:/x"] })).rejects.toMatchObject({
      detail: "volume",
      message: expect.stringMatching(/bind source path does not exist: \/omg-gone". Correct "volumes"\.$/),
    });
  });

  test("the machine's own network, called by its id or the beginning of that", async () => {
    const { Id: id } = (await new DockerApi(socketPath).ask("GET", "/networks/host")) as { Id: string };
    for (const network of [id, id.slice(0, 20)])
      await expect(start({ network }), network).rejects.toMatchObject({
        reason: "upstream_start_failed",
        detail: "network_refused",
        message: `Server 'tested' did not start: the network "${network}" is that of the engine's machine: the server would reach all that it reaches. Correct "network".`,
      });
  });

  test("a port that another program has", async () => {
    const ports = [`127.0.0.1:${takenPort}:80`];
    await expect(start({ network: "bridge", ports })).rejects.toMatchObject({
      detail: "port_in_use",
      message: expect.stringContaining(`change "ports", or leave the host's port out.`),
    });
  });

  test("an address that the machine has not", async () => {
    // TEST-NET-1: no machine has it (RFC 5737).
    const ports = ["192.0.2.1:8080:80"];
    await expect(start({ network: "bridge", ports })).rejects.toMatchObject({
      detail: "address_missing",
      message: expect.stringContaining(`has no such address: correct "ports".`),
    });
  });

  test.each([0, 1])("a server that ends after %i s without having answered HTTP", async (seconds) => {
    const args = ["-c", `sleep ${seconds}; exit 3`];
    await expect(start({ network: "bridge", transport: "http", port: 80, args })).rejects.toMatchObject({
      reason: "upstream_start_failed",
      detail: "exit_early",
      message: "Server 'tested' ended before it was ready: exit code 3",
    });
  });

  test("a name that a container of others has", async () => {
    const container_name = `omg-${crypto.randomUUID()}`;
    const other = new Engine({ socketPath });
    const id = await other.create({ Image: stubServer.image, name: container_name }, signal);
    try {
      await expect(start({ container_name })).rejects.toMatchObject({
        detail: "name_in_use",
        message: expect.stringContaining(`change "container_name".`),
      });
    } finally {
      await other.remove(id);
    }
  });

  test.each([
    ["gone", "exit code 127", /gone.*No such file or directory/],
    ["/etc", "exit code 126", /\/etc.*Permission denied/],
  ])("a program that can not be run, %s: its container says so", async (command, detail, words) => {
    const lines: string[] = [];
    const request = startRequest(
      { ...stubServer, engine, command },
      { owner, log: (line) => lines.push(line) },
    );
    const instance = await runtime.start(request);
    expect(await instance.exited).toEqual({ reason: "exited", detail });
    await instance[Symbol.asyncDispose]();
    expect(lines.join("\n")).toMatch(words);
  });
});
