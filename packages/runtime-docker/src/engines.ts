import { createHash } from "node:crypto";
import { OmgError, type SweepRequest } from "@omg/core/runtime";
import { Caretaker } from "./container/caretaker.ts";
import { ofOwner } from "./container/labels.ts";
import { Engine } from "./engine/engine.ts";
import type { EngineAddress } from "./engine/engine-address.ts";
import { EngineFailure } from "./engine/engine-failure.ts";
import { findEngine, type HostEnv } from "./engine/find-engine.ts";
import type { DockerOptions } from "./options.ts";

/** Whose engine is looked for. */
interface Asking {
  readonly server: string;
  readonly options: DockerOptions;
  readonly baseDirectory: string;
}

/** The engines that entries name, each one once. */
export class Engines implements AsyncDisposable {
  readonly #hostEnv: HostEnv;
  readonly #engines = new Map<string, Engine>();
  readonly #caretakers: Caretaker[] = [];
  readonly #wanted = new Set<string>();

  constructor(hostEnv: HostEnv) {
    this.#hostEnv = hostEnv;
  }

  /** The engine of an entry. Rejects with an `OmgError` if it says none that there is. */
  async of({ server, options, baseDirectory }: Asking): Promise<Engine> {
    try {
      return this.#at(await findEngine(options.engine ?? {}, this.#hostEnv, baseDirectory));
    } catch (cause) {
      throw new OmgError("upstream_start_failed", {
        server,
        detail: "engine_unknown",
        cause,
        message: `Server '${server}' did not start: ${(cause as Error).message}. Correct "engine", or DOCKER_HOST.`,
      });
    }
  }

  /** Who sees to what an owner has on an engine. */
  caretaker(engine: Engine, owner: string): Caretaker {
    const known = this.#caretakers.find((one) => one.engine === engine && one.owner === owner);
    if (known) return known;
    const caretaker = new Caretaker({ engine, owner, wanted: this.#wanted });
    this.#caretakers.push(caretaker);
    return caretaker;
  }

  /** Whether the engine that is used unless an entry names another answers. */
  async check(signal: AbortSignal): Promise<{ ok: true } | { ok: false; reason: string }> {
    try {
      const engine = this.#at(await findEngine({}, this.#hostEnv, "/"));
      await engine.ping(signal);
      return { ok: true };
    } catch (error) {
      const said = error instanceof EngineFailure ? error.said : (error as Error).message;
      return { ok: false, reason: `no engine answers: ${said}` };
    }
  }

  /** Removes what a dead owner has on the usual engine and on those that entries name. Rejects if one can not be asked. */
  async sweep({ owner, options, baseDirectory, signal }: SweepRequest<DockerOptions>): Promise<void> {
    const choices = [{}, ...options.map(({ engine = {} }) => engine)];
    const addresses = await Promise.all(
      choices.map((choice) => findEngine(choice, this.#hostEnv, baseDirectory)),
    );
    const engines = new Set(addresses.map((address) => this.#at(address)));
    await Promise.all(
      [...engines].map(async (engine) => {
        const left = await engine.list(ofOwner(owner), signal);
        await Promise.all(left.map(({ id }) => engine.remove(id)));
      }),
    );
  }

  /** Rejects when containers of this gateway may be left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#caretakers.map((caretaker) => caretaker.leave()));
  }

  #at(address: EngineAddress): Engine {
    const key = createHash("sha256").update(JSON.stringify(address)).digest("hex");
    let engine = this.#engines.get(key);
    if (!engine) {
      engine = new Engine(address);
      this.#engines.set(key, engine);
    }
    return engine;
  }
}
