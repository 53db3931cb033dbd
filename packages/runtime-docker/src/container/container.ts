import type { Socket } from "node:net";
import { OmgError, type StartRequest, within } from "@omg/core/runtime";
import type { MountSettings } from "dockerode";
import { type ContainerOutput, demultiplex } from "../engine/demultiplex.ts";
import type { Engine, EngineImage } from "../engine/engine.ts";
import { EngineFailure } from "../engine/engine-failure.ts";
import type { DockerOptions } from "../options.ts";
import { startFailure } from "../start-failures.ts";
import type { Caretaker } from "./caretaker.ts";
import { containerName } from "./container-name.ts";
import { containerSpec } from "./container-spec.ts";
import { type Ended, type ExitWatch, lateWordMs, watchExit } from "./exit-watch.ts";
import { instanceLabel, labelsOf, ownerLabel } from "./labels.ts";

/** A container that has been made, and is watched and attached to. */
export interface Container {
  readonly id: string;
  /** Its stdin one way; ending it ends its stdin. */
  readonly connection: Socket;
  readonly output: ContainerOutput;
  readonly ended: Promise<Ended>;
  /** Resolves when nothing comes from it any more, because it has ended or because the connection broke. */
  readonly cutOff: Promise<void>;
  /** Counts as lost from now on, if it has not ended. */
  giveUp(why: string): void;
  /** Where this machine reaches the port of the entry. Rejects with an `EngineFailure`. */
  publishedPort(signal: AbortSignal): Promise<number>;
  /** Asks it to end, and ends it after the grace time of the entry. Never rejects. */
  stop(): Promise<void>;
  /** Ends it by force and removes it; resolves when it is gone or someone has been told to see to it. Never rejects. */
  remove(): Promise<void>;
}

export interface ContainerParts {
  readonly engine: Engine;
  readonly caretaker: Caretaker;
  readonly request: StartRequest<DockerOptions>;
  readonly image: EngineImage;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly MountSettings[];
}

/** Makes the container of an instance and starts it. Rejects with an `OmgError`, and has then left nothing. */
export async function startContainer(parts: ContainerParts): Promise<Container> {
  const { engine, caretaker, request } = parts;
  const { server, options, signal, instanceId } = request;
  let id: string | undefined;
  let attached: Attached | undefined;
  let watch: ExitWatch | undefined;

  async function remove(): Promise<void> {
    const isGone = id === undefined || (await engine.remove(id).then(isDone, isNotDone));
    caretaker.unwant(instanceId);
    if (!isGone) caretaker.doubt();
    if (!watch) return;
    // Its end is known soon, unless the engine can not be heard.
    await within(lateWordMs, watch.ended);
    watch.giveUp(isGone ? "its container was removed" : "its container could not be removed yet");
  }

  caretaker.want(instanceId);
  try {
    id = await create(parts);
    watch = await watchExit(engine, id, { memory: options.memory, log: request.log });
    // Before the start, or its first words are lost.
    attached = listened(await engine.attach(id, options.transport === "stdio", signal));
    await engine.start(id, signal);
  } catch (error) {
    attached?.connection.destroy();
    watch?.giveUp("it did not start");
    await remove();
    if (id === undefined && !(error instanceof EngineFailure && error.isRefusal)) caretaker.doubt();
    if (signal.aborted) throw givenUp(request);
    throw startFailure(server, engine, error);
  }
  const { ended, giveUp } = watch;
  const made = id;
  return {
    id: made.slice(0, shownIdLength),
    ...attached,
    ended,
    giveUp,
    remove,
    publishedPort: (aborted) => engine.publishedPort(made, `${options.port}/tcp`, aborted),
    async stop() {
      await Promise.race([engine.stop(made, options.stop_timeout).catch(() => {}), ended]);
    },
  };
}

type Attached = Pick<Container, "connection" | "output" | "cutOff">;

/** At once: a connection may break, or end, while the container is being started. */
function listened(connection: Socket): Attached {
  return { connection, output: demultiplex(connection), cutOff: endOf(connection) };
}

function endOf(connection: Socket): Promise<void> {
  return new Promise((end) => {
    connection.once("end", end);
    connection.once("close", () => end());
  });
}

const shownIdLength = 12;
const isDone = () => true;
const isNotDone = () => false;
const conflict = 409;
/** Further containers of a name that the entry chose. */
const maxNamesakes = 1_000;

async function create(parts: ContainerParts): Promise<string> {
  const { engine, request } = parts;
  const { options, server, instanceId, signal } = request;
  const chosen = options.container_name;
  for (let namesake = 1; ; namesake++) {
    const name = nameOf(chosen ?? containerName(server, instanceId), namesake);
    const body = containerSpec({ ...parts, options, name, labels: labelsOf(request) });
    try {
      return await engine.create(body, signal);
    } catch (error) {
      if (!(error instanceof EngineFailure)) throw error;
      const isTaken = error.status === conflict;
      if (!isTaken && !error.isSilence) throw error;
      const holder = await engine.inspect(name, signal).catch(() => undefined);
      const labels = holder?.Config.Labels ?? {};
      // It was made, and only the answer got lost.
      if (holder && labels[instanceLabel] === instanceId) return holder.Id;
      const isOurs = holder === undefined || labels[ownerLabel] !== undefined;
      if (!isTaken || !isOurs || chosen === undefined || namesake === maxNamesakes) throw error;
    }
  }
}

function nameOf(name: string, namesake: number): string {
  return namesake === 1 ? name : `${name}-${namesake}`;
}

export function givenUp({
  server,
  signal,
}: Pick<StartRequest<DockerOptions>, "server" | "signal">): OmgError {
  const cause: unknown = signal.reason;
  if (OmgError.is(cause)) return cause;
  return new OmgError("cancelled", {
    server,
    cause,
    message: `The start of server '${server}' was cancelled`,
  });
}
