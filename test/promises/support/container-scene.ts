import { setTimeout as delay } from "node:timers/promises";
import { engineHere } from "../../../packages/runtime-docker/test/support/engine.ts";
import { scriptedContainer } from "../../../packages/runtime-docker/test/support/scripted-container.ts";
import { Containers } from "../../support/containers.ts";
import { onGateway, type Scene, type SceneOptions } from "./scene.ts";

/** Of the engine that is here; empty where there is none. */
export const socketOfEngine = "reason" in engineHere ? "" : engineHere.socketPath;

const pauseMs = 50;

/** Plays on a gateway whose scripted servers, by id and arguments, run in containers. Nothing of them is left after it. */
export async function onContainers(
  servers: Readonly<Record<string, readonly string[]>>,
  play: (scene: Scene, containers: Containers) => Promise<string>,
  { socketPath, ...options }: SceneOptions & { readonly socketPath?: string } = {},
): Promise<string> {
  const containers = new Containers(socketPath);
  const entries = Object.entries(servers).map(([id, args]) => ({
    id,
    runtime: { type: "docker", ...scriptedContainer("stdio", ...args), ...containers.options },
  }));
  try {
    const seen = await onGateway(entries, (scene) => play(scene, containers), options);
    await untilLeft(containers, 0, 0);
    return seen;
  } finally {
    await containers.removeAll();
  }
}

/** Resolves with the milliseconds until so many containers are there; rejects after `withinMs`. */
export async function untilLeft(containers: Containers, count: number, withinMs: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    const found = await containers.all();
    const elapsedMs = performance.now() - start;
    if (found.length === count) return elapsedMs;
    if (elapsedMs > withinMs)
      throw new Error(`${found.length} containers instead of ${count}: ${JSON.stringify(found)}`);
    await delay(pauseMs);
  }
}
