import { randomUUID } from "node:crypto";
import { DockerApi, type FoundContainer } from "../../packages/runtime-docker/test/support/docker-api.ts";
import { engineHere } from "../../packages/runtime-docker/test/support/engine.ts";

/** Why there can be no containers here, if there can be none. */
export const lackOfEngine = "reason" in engineHere ? engineHere.reason : undefined;

const inUse = new Set<Containers>();

/** Ends what is left of all that this process has marked. */
export async function removeAllContainers(): Promise<void> {
  await Promise.all([...inUse].map((containers) => containers.removeAll()));
}

/** Containers with a mark of their own, by which they are found and ended, whoever has made them. */
export class Containers {
  /** Where their engine is. */
  readonly socketPath: string;
  readonly #api: DockerApi;
  readonly #mark = randomUUID();

  /** Throws where there is no engine. Default: the one that is here. */
  constructor(socketPath?: string) {
    if ("reason" in engineHere) throw new Error(engineHere.reason);
    this.socketPath = socketPath ?? engineHere.socketPath;
    this.#api = new DockerApi(this.socketPath);
    inUse.add(this);
  }

  /** In the catalog, for a server of type `docker`. */
  get options(): object {
    return { engine: { socket: this.socketPath }, labels: { "omg-test.mark": this.#mark } };
  }

  /** All that there are, running or not. */
  all(): Promise<FoundContainer[]> {
    return this.#api.labelled(`omg-test.mark=${this.#mark}`);
  }

  /** How many processes and threads run in the one that there is, as the engine counts them. */
  async processes(): Promise<number> {
    const { id } = await this.#one();
    const stats = await this.#api.ask("GET", `/containers/${id}/stats?stream=false&one-shot=true`);
    return (stats as { readonly pids_stats: { readonly current: number } }).pids_stats.current;
  }

  /** What people do past the gateway to the one that there is. */
  async byHand(method: "POST" | "DELETE", path: string): Promise<void> {
    const { id } = await this.#one();
    await this.#api.ask(method, `/containers/${id}${path}`);
  }

  async removeAll(): Promise<void> {
    inUse.delete(this);
    // An engine that a test has ended has none; others may be on their way out by themselves.
    const left = await this.all().catch(() => []);
    await Promise.allSettled(left.map(({ id }) => this.#api.ask("DELETE", `/containers/${id}?force=1`)));
  }

  async #one(): Promise<FoundContainer> {
    const [one, ...more] = await this.all();
    if (!one || more.length > 0) throw new Error(`there are ${more.length + (one ? 1 : 0)} containers`);
    return one;
  }
}
