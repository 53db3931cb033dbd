import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { unless } from "@omg/core/runtime";
import type Docker from "dockerode";
import { attach } from "./attach.ts";
import { connect } from "./connect.ts";
import { type EngineAddress, nameOf } from "./engine-address.ts";
import { EngineEvents } from "./engine-events.ts";
import { EngineFailure } from "./engine-failure.ts";

/** An image as the engine has it. */
export interface EngineImage {
  readonly id: string;
  /** `name@sha256:…` of each registry that it came from. */
  readonly digests: readonly string[];
  /** What it runs on: `linux/amd64`. */
  readonly platform: string;
  /** Who the image runs as; empty if it does not say. */
  readonly user: string;
  /** Folders for which the image wants a volume. */
  readonly volumes: readonly string[];
}

export interface ListedContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

const quickMs = 10_000;
const slowMs = 60_000;
const removalMs = 10_000;
const removalPauseMs = 50;
const conflict = 409;

/**
 * One engine. Everything it is asked has a deadline and rejects with an `EngineFailure`; it is asked for nothing but what
 * stands here.
 */
export class Engine {
  readonly address: EngineAddress;
  /** As Docker writes it, for messages. */
  readonly name: string;
  readonly events: EngineEvents;
  #docker: Promise<Docker> | undefined;

  constructor(address: EngineAddress) {
    this.address = address;
    this.name = nameOf(address);
    this.events = new EngineEvents((since, signal) => this.#openEvents(since, signal));
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#ask("ping", (docker) => docker.ping(), { signal });
  }

  /** Makes a container and gives its id. */
  async create(body: Docker.ContainerCreateOptions, signal: AbortSignal): Promise<string> {
    const container = await this.#ask(
      "create",
      (docker, abortSignal) => docker.createContainer({ ...body, abortSignal }),
      { signal, ms: slowMs, isAnswer: ({ id }) => typeof id === "string" },
    );
    return container.id;
  }

  attach(container: string, stdin: boolean, signal: AbortSignal): Promise<Socket> {
    return this.#ask("attach", (_docker, ends) => attach(this.address, { container, stdin, signal: ends }), {
      signal,
    });
  }

  async start(container: string, signal: AbortSignal): Promise<void> {
    await this.#ask("start", (docker, abortSignal) => docker.getContainer(container).start({ abortSignal }), {
      signal,
      ms: slowMs,
    });
  }

  inspect(container: string, signal?: AbortSignal): Promise<Docker.ContainerInspectInfo> {
    return this.#ask(
      "inspect",
      (docker, abortSignal) => docker.getContainer(container).inspect({ abortSignal }),
      { signal, isAnswer: ({ Id }) => typeof Id === "string" },
    );
  }

  /** Where on this machine a container's port (`80/tcp`) is published. */
  async publishedPort(container: string, port: string, signal: AbortSignal): Promise<number> {
    const { NetworkSettings } = await this.inspect(container, signal);
    const published = NetworkSettings.Ports[port]?.[0]?.HostPort;
    if (published === undefined)
      throw new EngineFailure("inspect", `port ${port} is not published`, conflict);
    return Number(published);
  }

  /** Waits, without end, until a container has exited; gives its exit code. */
  async exitCode(container: string, signal: AbortSignal): Promise<number> {
    try {
      const docker = await this.#client();
      const wait = docker.getContainer(container).wait({ condition: "next-exit", abortSignal: signal });
      const { StatusCode } = (await wait) as { readonly StatusCode: unknown };
      if (typeof StatusCode !== "number") throw noAnswer("wait");
      return StatusCode;
    } catch (error) {
      throw EngineFailure.of("wait", error);
    }
  }

  /** Has a container end: SIGTERM, and SIGKILL after the grace time. Engines know whole seconds only. */
  async stop(container: string, graceSeconds: number): Promise<void> {
    const t = Math.ceil(graceSeconds);
    await this.#ask(
      "stop",
      (docker, abortSignal) => docker.getContainer(container).stop({ t, abortSignal }),
      {
        ms: t * 1000 + quickMs,
      },
    );
  }

  /** Ends a container by force and removes it with its volumes; resolves when it is gone, or was gone before. */
  async remove(container: string): Promise<void> {
    const end = performance.now() + removalMs;
    for (;;) {
      try {
        await this.#ask("remove", (docker, abortSignal) =>
          docker.getContainer(container).remove({ force: true, v: true, abortSignal }),
        );
        return;
      } catch (error) {
        const { isMissing, status } = error as EngineFailure;
        if (isMissing) return;
        // It is being removed already, or is in a state that it has to leave first.
        if (status !== conflict || performance.now() > end) throw error;
        await pause(removalPauseMs);
      }
    }
  }

  /** The containers, running or not, that carry this label. */
  async list(label: string, signal?: AbortSignal): Promise<ListedContainer[]> {
    const found = await this.#ask(
      "list",
      (docker, abortSignal) => docker.listContainers({ all: true, filters: { label: [label] }, abortSignal }),
      {
        signal,
        isAnswer: (list) => Array.isArray(list) && list.every(({ Id }) => typeof Id === "string"),
      },
    );
    return found.map(({ Id, Labels }) => ({ id: Id, labels: Labels }));
  }

  async image(reference: string, signal: AbortSignal): Promise<EngineImage> {
    const { Id, RepoDigests, Os, Architecture, Config } = await this.#ask(
      "inspect image",
      (docker) => docker.getImage(reference).inspect(),
      { signal, isAnswer: ({ Id }) => typeof Id === "string" },
    );
    // Newer engines leave out what is empty.
    const { User, Volumes } = (Config ?? {}) as Partial<typeof Config>;
    return {
      id: Id,
      digests: RepoDigests ?? [],
      platform: `${Os}/${Architecture}`,
      user: User ?? "",
      volumes: Object.keys(Volumes ?? {}),
    };
  }

  /** What kind of network it is: `bridge`, `overlay`, or `host`, the machine's own. */
  async networkDriver(network: string, signal: AbortSignal): Promise<string> {
    const { Driver } = await this.#ask<{ readonly Driver: string }>(
      "inspect network",
      (docker) => docker.getNetwork(network).inspect(),
      { signal, isAnswer: ({ Driver }) => typeof Driver === "string" },
    );
    return Driver;
  }

  /**
   * Begins to fetch an image; the stream tells how far it is, and must be read to its end. Only the signal bounds it: an engine
   * says nothing before the registry has.
   */
  async pull(reference: string, { platform, login, signal }: PullOptions): Promise<Readable> {
    try {
      const docker = await this.#client();
      const stream = await docker.pull(reference, {
        ...(platform === undefined ? {} : { platform }),
        ...(login === undefined ? {} : { authconfig: login }),
        abortSignal: signal,
      });
      return stream as Readable;
    } catch (error) {
      throw EngineFailure.of("pull", error);
    }
  }

  async #openEvents(since: number | undefined, signal: AbortSignal): Promise<Readable> {
    const stream = await this.#ask(
      "events",
      (docker, abortSignal) =>
        docker.getEvents({
          filters: { type: ["container"], label: ["io.omg.owner"] },
          ...(since === undefined ? {} : { since }),
          abortSignal,
        }),
      { signal },
    );
    return stream as Readable;
  }

  /** When the engine is asked for the first time. */
  #client(): Promise<Docker> {
    this.#docker ??= connect(this.address);
    return this.#docker;
  }

  /** dockerode ends a request when its signal aborts; what does not heed it is left to itself. */
  async #ask<T>(
    verb: string,
    request: (docker: Docker, signal: AbortSignal) => Promise<T>,
    { signal, ms = quickMs, isAnswer = () => true }: AskOptions<T> = {},
  ): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
    const ends = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    try {
      const docker = await this.#client();
      const answer = await unless(ends, request(docker, ends));
      if (!isAnswer(answer)) throw noAnswer(verb);
      return answer;
    } catch (error) {
      throw EngineFailure.of(verb, ends.aborted ? ends.reason : error);
    } finally {
      clearTimeout(timer);
    }
  }
}

interface AskOptions<T> {
  readonly signal?: AbortSignal | undefined;
  readonly ms?: number;
  /** Whether what was answered is what an engine answers. */
  readonly isAnswer?: (answer: T) => boolean;
}

function noAnswer(verb: string): EngineFailure {
  return new EngineFailure(verb, "what answers there is none");
}

export interface PullOptions {
  readonly platform: string | undefined;
  readonly login: Docker.AuthConfig | undefined;
  readonly signal: AbortSignal;
}
