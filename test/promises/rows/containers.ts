import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { DockerApi } from "../../../packages/runtime-docker/test/support/docker-api.ts";
import { FaultProxy } from "../../../packages/runtime-docker/test/support/fault-proxy.ts";
import {
  canRunEngines,
  PrivateEngine,
} from "../../../packages/runtime-docker/test/support/private-engine.ts";
import { errorOf } from "../../support/answers.ts";
import { type Containers, lackOfEngine } from "../../support/containers.ts";
import type { Row } from "../row.ts";
import { onContainers, socketOfEngine, untilLeft } from "../support/container-scene.ts";
import { ms, timed } from "../support/figures.ts";
import { onGateway, type Scene } from "../support/scene.ts";
import { SlowRegistry } from "../support/slow-registry.ts";

const stubborn = ["--ignore-eof", "--ignore-sigterm"];
const pauseMs = 100;

const killed: Row = {
  id: "R27",
  promise:
    "a gateway killed with SIGKILL leaves no container: most end with their input, the next start removes the others",
  figure: "nothing left within 10 s of the next start",
  lack: lackOfEngine,
  run: () => onContainers({ one: [], two: [], three: stubborn, four: stubborn }, kill),
};

async function kill(scene: Scene, containers: Containers): Promise<string> {
  for (const id of ["one", "two", "three", "four"]) await scene.gateway.call(id, "echo");
  await scene.gateway.stop("SIGKILL");
  const ended = await untilLeft(containers, 2, 20_000);
  const next = await timed(() => scene.start());
  const removed = next.ms + (await untilLeft(containers, 0, 20_000));
  assert.ok(removed < 20_000, `they were removed ${ms(removed)} after the next start`);
  return `2 ended ${ms(ended)} after the kill, 2 were removed ${ms(removed)} after the next start`;
}

const engineAway: Row = {
  id: "R46",
  promise: "an engine that is killed: calls in flight fail, and on its return each server has one container",
  figure: "seen within 2 s, usable within 5 s of its return, 1 container for each server",
  lack: lackOfEngine ?? (canRunEngines ? undefined : "a Docker daemon of one's own takes root and dockerd"),
  async run() {
    await using engine = await PrivateEngine.start(new DockerApi(socketOfEngine), "omg-test/node:1");
    const { socketPath } = engine;
    return await onContainers(
      { plain: [], stubborn },
      (scene, containers) => goAway(engine, scene, containers),
      {
        socketPath,
      },
    );
  },
};

async function goAway(engine: PrivateEngine, { gateway }: Scene, containers: Containers): Promise<string> {
  const servers = ["plain", "stubborn"];
  const calls = servers.flatMap((id) =>
    Array.from({ length: 5 }, () => gateway.call(id, "sleep", { ms: 60_000 })),
  );
  const failures = Promise.allSettled(calls);
  for (const id of servers) await gateway.call(id, "echo");
  const seen = await timed(async () => {
    await engine.end("SIGKILL");
    return failures;
  });
  for (const failure of seen.value) assert.match(reasonOf(failure), /"upstream_closed"/);
  assert.ok(seen.ms < 6000, `callers heard of it after ${ms(seen.ms)}`);
  await engine.start();
  const back = await timed(() =>
    Promise.all(servers.map((id) => untilItWorks(() => gateway.call(id, "echo")))),
  );
  assert.ok(back.ms < 15_000, `it was usable after ${ms(back.ms)}`);
  await untilLeft(containers, servers.length, 15_000);
  return `callers heard of it after ${ms(seen.ms)}; usable ${ms(back.ms)} after its return`;
}

const answersLost: Row = {
  id: "R47",
  promise: "an engine makes containers, at once or late, and its answers get lost: nothing is left",
  figure: "0 left after 1,000 lost answers (40 here)",
  lack: lackOfEngine,
  async run() {
    const servers = Array.from({ length: 40 }, (_, at) => `s${at}`);
    let creations = 0;
    const lose = () => ({ fault: creations++ % 2 === 0 ? "lost" : "lost and late", ms: 1000 }) as const;
    await using proxy = await FaultProxy.start({
      engine: socketOfEngine,
      choose: (verb) => (verb === "create" ? lose() : undefined),
    });
    return await onContainers(
      Object.fromEntries(servers.map((id) => [id, []])),
      async ({ gateway }) => {
        const results = await Promise.allSettled(servers.map((id) => gateway.call(id, "echo")));
        await proxy.delivered();
        const failures = results.filter(({ status }) => status === "rejected");
        for (const failure of failures)
          assert.match(reasonOf(failure), /"(runtime_unavailable|upstream_backoff)"/);
        return `${creations} answers lost, ${failures.length} of ${servers.length} calls failed, nothing left`;
      },
      { socketPath: proxy.socketPath },
    );
  },
};

const slowPull: Row = {
  id: "R48",
  promise:
    "an image that does not come, and that after a long time: all callers share one pull, as long as it takes",
  figure:
    "1 pull for 10 callers, not cut by start_timeout_seconds; image_pull_failed with the registry's words",
  lack: lackOfEngine,
  async run() {
    await using registry = await SlowRegistry.start();
    const image = `${registry.address}/omg-test/nothing:1`;
    const runtime = { type: "docker", engine: { socket: socketOfEngine }, image };
    const entry = { id: "slow", start_timeout_seconds: 1, runtime };
    return await onGateway([entry], (scene) => pullTogether(scene, registry));
  },
};

async function pullTogether(scene: Scene, registry: SlowRegistry): Promise<string> {
  await using client = await scene.client("modern", "slow");
  const call = () => client.request("tools/call", { name: "echo" });
  const pulled = await timed(() => Promise.all(Array.from({ length: 10 }, call)));
  for (const answer of pulled.value) {
    const { message, data } = errorOf(answer);
    assert.equal(data.detail, "image_pull_failed", message);
    assert.match(message, /could not be pulled: .*no such thing here/);
  }
  assert.equal(registry.pulls, 1);
  return `10 callers had the registry's words after ${ms(pulled.ms)}, which was asked once`;
}

export const containers: readonly Row[] = [killed, engineAway, answersLost, slowPull];

function reasonOf(result: PromiseSettledResult<unknown>): string {
  return result.status === "rejected" ? String(result.reason) : "it went well";
}

async function untilItWorks(call: () => Promise<unknown>): Promise<void> {
  for (let left = 150; left > 0; left--) {
    try {
      await call();
      return;
    } catch {
      await delay(pauseMs);
    }
  }
  await call();
}
