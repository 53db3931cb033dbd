import { expect, test, vi } from "vitest";
import { DockerApi, type FoundContainer } from "../../../packages/runtime-docker/test/support/docker-api.ts";
import { describeWithEngine } from "../../../packages/runtime-docker/test/support/engine.ts";
import { scriptedContainer } from "../../../packages/runtime-docker/test/support/scripted-container.ts";
import { kill, ownersOf } from "./support/killed-gateway.ts";
import { RunningGateway, Sandbox } from "./support/omg.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 180_000 });

/** Both are promised within 10 s; a machine that does much else takes longer. */
const goneMs = 20_000;
const STUBBORN = ["--ignore-eof", "--ignore-sigterm"];

describeWithEngine("when a gateway with containers is killed with SIGKILL", ({ socketPath }) => {
  const api = new DockerApi(socketPath);

  test("those that speak over stdio end, the next gateway removes the others, and another's are untouched", async () => {
    using otherSandbox = new Sandbox();
    await using other = await start(otherSandbox, { stdio: [], stubborn: STUBBORN, http: [] });
    await Promise.all(["stdio", "stubborn", "http"].map((id) => other.call(id, "echo", { text: id })));
    const [otherOwner = ""] = ownersOf(otherSandbox);
    const others = await api.containers(otherOwner);
    expect(others).toHaveLength(3);

    using sandbox = new Sandbox();
    await using gateway = await start(sandbox, { one: [], two: [], stubborn: STUBBORN, http: [] });
    const ids = ["one", "two", "stubborn", "http"];
    await Promise.all(ids.map((id) => gateway.call(id, "echo", { text: id })));
    const [owner = ""] = ownersOf(sandbox);
    const calls = ids.flatMap((id) => Array.from({ length: 10 }, () => gateway.call(id, "sleep")));
    for (const call of calls) call.catch(() => {});
    await kill(gateway);
    const endedMs = await untilContainers(owner, ["http", "stubborn"]);

    const booted = performance.now();
    await using _next = await start(sandbox, { one: [] });
    await untilContainers(owner, []);
    const sweptMs = performance.now() - booted;
    expect(await api.containers(otherOwner)).toEqual(others.map(({ id }) => expect.objectContaining({ id })));
    expect(await other.call("http", "echo", { text: "lives" })).toBe("lives");
    process.stdout.write(
      `after kill -9: stdio ended in ${endedMs.toFixed(0)} ms, the rest removed ${sweptMs.toFixed(0)} ms from the next start\n`,
    );
  });

  // Between these, what was begun for a start is there in part.
  test.each(["create", "attach", "start"])(
    "at the first container's %s, nothing runs on, and the next gateway removes what there is",
    async (action) => {
      using sandbox = new Sandbox();
      await using gateway = await start(sandbox, { one: [], two: [], three: [] });
      const [owner = ""] = ownersOf(sandbox);
      const { seen } = await api.watch(owner, action);
      for (const id of ["one", "two", "three"]) gateway.call(id, "echo").catch(() => {});
      await seen;
      await kill(gateway);
      await until(owner, (found) => found.every(({ state }) => state !== "running"));
      await using _next = await start(sandbox, { one: [] });
      await untilContainers(owner, []);
    },
  );

  /** With servers by id and arguments; one that is called `http` speaks so. */
  function start(sandbox: Sandbox, servers: Record<string, readonly string[]>): Promise<RunningGateway> {
    const entries = Object.entries(servers).map(([id, args]) => ({
      id,
      runtime: { type: "docker", ...scriptedContainer(id === "http" ? "http" : "stdio", ...args) },
    }));
    const catalog = sandbox.write("catalog.yaml", { servers: entries });
    return RunningGateway.start(sandbox, ["--config", catalog], { DOCKER_HOST: `unix://${socketPath}` });
  }

  /** Resolves with the milliseconds until an owner has no containers but of these servers. */
  function untilContainers(owner: string, servers: readonly string[]): Promise<number> {
    return until(owner, (found) => `${serversOf(found)}` === `${servers}`);
  }

  async function until(owner: string, isSo: (found: FoundContainer[]) => boolean): Promise<number> {
    const begin = performance.now();
    await expect.poll(async () => isSo(await api.containers(owner)), { timeout: goneMs }).toBe(true);
    return performance.now() - begin;
  }
});

function serversOf(containers: readonly FoundContainer[]): string[] {
  return containers.map(({ labels }) => labels["io.omg.server"] ?? "").sort();
}
