import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, stat } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { docker } from "../../packages/runtime-docker/test/support/docker-command.ts";
import { describeWithEngine } from "../../packages/runtime-docker/test/support/engine.ts";
import { GatewayContainer } from "../support/deploy/gateway-container.ts";
import { baseImage, buildGatewayImage, gatewayImage, imageFact } from "../support/deploy/gateway-image.ts";
import { apiKey, connectWithKey, echo } from "../support/deploy/key-client.ts";
import { repositoryRoot } from "../support/workspace.ts";

const run = promisify(execFile);

describeWithEngine("the image", (engine) => {
  const sandbox = new Sandbox();
  /** A gateway with the catalog of the quick start, whose servers this clone has. */
  let quickStart: GatewayContainer;

  beforeAll(async () => {
    // The container's user reads it.
    await chmod(sandbox.folder, 0o755);
    await buildGatewayImage();
    quickStart = await GatewayContainer.start(engine, {
      flags: ["--volume", `${repositoryRoot}:/srv:ro`, "--health-interval", "1s"],
      args: ["serve", "--listen-addr", "0.0.0.0:4444", "--config", "/srv/examples/quick-start/config.yaml"],
    });
  }, 300_000);
  afterAll(async () => {
    await quickStart?.[Symbol.asyncDispose]();
    sandbox[Symbol.dispose]();
  }, 60_000);

  test("serves a catalog to a client outside", async () => {
    const client = await connectWithKey(await quickStart.url());
    expect(await echo(client, "everything", "hi")).toBe("Echo: hi");
    await client.close();
  }, 60_000);

  test("is healthy while its gateway serves", async () => {
    await quickStart.health("healthy");
  }, 60_000);

  test("runs as a user that may write to the state folder, and nowhere else", async () => {
    expect(await quickStart.shell("id -u")).toBe("1000");
    const writable =
      "for folder in / /app /etc/mcp-gateway /var/lib /var/lib/omg; do test -w $folder && echo $folder; done; true";
    expect(await quickStart.shell(writable)).toBe("/var/lib/omg");
    expect(await quickStart.shell("ls /var/lib/omg")).toBe("owners\nstore");
  });

  test("leaves no zombie of a process that lost its parent", async () => {
    const orphan = await quickStart.shell("sh -c 'sleep 0.2 > /dev/null & echo $!'");
    await quickStart.shell(`timeout 20 sh -c 'while test -e /proc/${orphan}; do sleep 0.05; done'`);
  });

  test("ends in seconds when it is told to, with its servers, and with success", async () => {
    const { code, ms } = await quickStart.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(9_000);
  }, 60_000);

  test("finds its files in /etc/mcp-gateway, and reads them anew at SIGHUP", async () => {
    sandbox.write("config.yaml", { catalog_path: "catalog.yaml", hot_reload: false });
    sandbox.catalog({});
    await using container = await GatewayContainer.start(engine, {
      flags: ["--volume", `${sandbox.folder}:/etc/mcp-gateway:ro`],
    });
    const url = await container.url();
    sandbox.catalog({ late: [] });
    await container.signal("SIGHUP");
    await container.line(["logs", "--follow", container.name], (line) => line.includes("added: 1"));
    const servers = await fetch(`${url}/servers`, { headers: { "x-api-key": apiKey } });
    expect(await servers.json()).toMatchObject([{ id: "late" }]);
    await container.signal("SIGINT");
    expect(await docker(engine, "wait", container.name)).toBe("0");
  }, 60_000);

  test("is unhealthy when its gateway does not serve where it should", async () => {
    sandbox.write("config.yaml", { servers: [] });
    await using container = await GatewayContainer.start(engine, {
      flags: [
        ...["--volume", `${sandbox.folder}:/etc/mcp-gateway:ro`],
        ...["--health-interval", "1s", "--health-retries", "1", "--health-start-period", "0s"],
      ],
      args: ["serve", "--listen-addr", "0.0.0.0:5555"],
    });
    await container.health("unhealthy");
  }, 60_000);

  test("serves a client on its input and output, and ends with its input", async () => {
    sandbox.write("config.yaml", { servers: [] });
    const volume = ["--volume", `${sandbox.folder}:/etc/mcp-gateway:ro`];
    const child = spawn("docker", ["run", "--rm", "--interactive", ...volume, gatewayImage, "stdio"]);
    child.stdin.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    const [answer, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect(JSON.parse(answer)).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    expect(code).toBe(0);
  }, 60_000);

  test("refuses to serve without a key, with the gateway's own words and exit code", async () => {
    sandbox.write("config.yaml", { servers: [] });
    const volume = ["--volume", `${sandbox.folder}:/etc/mcp-gateway:ro`];
    await expect(run("docker", ["run", "--rm", ...volume, gatewayImage])).rejects.toMatchObject({
      code: 5,
      stderr: expect.stringContaining("unsafe_bind"),
    });
  }, 60_000);

  test("says where it looks for its configuration, if there is none", async () => {
    const { stderr } = await run("docker", ["run", "--rm", gatewayImage]).catch((error) => error);
    expect(stderr.match(/config\.yaml/g)).toHaveLength(2);
    expect(stderr).toContain("  /etc/mcp-gateway/config.yaml\n");
  }, 60_000);

  test("runs servers in containers, through the engine's socket", async () => {
    const { gid } = await stat(engine.socketPath);
    const runtime = { type: "docker", image: "omg-test/everything:1", pull: "never", network: "none" };
    sandbox.write("config.yaml", { servers: [{ id: "everything", runtime }] });
    await using container = await GatewayContainer.start(engine, {
      flags: [
        ...["--volume", `${sandbox.folder}:/etc/mcp-gateway:ro`],
        ...["--volume", `${engine.socketPath}:/var/run/docker.sock`, "--group-add", String(gid)],
      ],
    });
    const client = await connectWithKey(await container.url());
    expect(await echo(client, "everything", "hi")).toBe("Echo: hi");
    await client.close();
    expect(await container.stop()).toMatchObject({ code: 0 });
  }, 60_000);

  test("knows the types of all runtimes", async () => {
    const schema = await docker(engine, "run", "--rm", gatewayImage, "schema", "catalog");
    for (const type of ["local-process", "remote-sse", "docker", "k8s-job", "k8s-service"])
      expect(schema).toContain(`"${type}"`);
  }, 60_000);

  test("adds less than 80 MB to its base", async () => {
    const sizes = await Promise.all([gatewayImage, baseImage].map((image) => imageFact("{{.Size}}", image)));
    const [whole = 0, base = 0] = sizes.map(Number);
    expect(whole - base).toBeLessThan(80e6);
  });
});
