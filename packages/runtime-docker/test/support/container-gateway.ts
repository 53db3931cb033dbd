import { randomUUID } from "node:crypto";
import { createGateway, frameOf, type Gateway, type GatewayConfig, type GatewayEvent } from "@omg/core";
import { dockerRuntime } from "../../src/index.ts";
import { DockerApi, type FoundContainer } from "./docker-api.ts";

export interface ContainerGatewayOptions {
  /** Where the gateway finds its engine. */
  readonly socketPath: string;
  /** Where the test itself finds it. Default: at the same place. */
  readonly apiPath?: string;
  /** By id: the options of each server's container. */
  readonly servers: Readonly<Record<string, object>>;
  readonly settings?: Partial<GatewayConfig>;
}

/** A gateway in this process whose servers run in containers. Its end fails if it leaves any. */
export class ContainerGateway implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly owner: string;
  readonly api: DockerApi;
  readonly events: GatewayEvent[];
  #ended: PromiseLike<void> | undefined;

  private constructor(gateway: Gateway, owner: string, api: DockerApi, events: GatewayEvent[]) {
    this.gateway = gateway;
    this.owner = owner;
    this.api = api;
    this.events = events;
  }

  static async open(options: ContainerGatewayOptions): Promise<ContainerGateway> {
    const { socketPath, apiPath = socketPath, servers, settings } = options;
    const owner = `test-${randomUUID()}`;
    const events: GatewayEvent[] = [];
    const gateway = await createGateway({
      owner,
      runtimes: [dockerRuntime({ hostEnv: { DOCKER_HOST: `unix://${socketPath}` } })],
      onEvent: (event) => events.push(event),
      config: {
        health_check_interval_seconds: 0,
        ...settings,
        servers: Object.entries(servers).map(([id, runtime]) => ({
          id,
          runtime: { type: "docker", ...runtime },
        })),
      },
    });
    return new ContainerGateway(gateway, owner, new DockerApi(apiPath), events);
  }

  /** Calls a tool and gives its text. Rejects with what a caller is told. */
  async call(server: string, name: string, args: object = {}): Promise<string> {
    const params = { name, arguments: args };
    const answer = await this.gateway.request(
      server,
      frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    );
    const { result } = answer.value() as { result?: { content: { text: string }[] } };
    return result?.content[0]?.text ?? JSON.stringify(answer.value());
  }

  /** Calls that are with the server and stay there until it ends; each resolves with what its caller is told then. */
  async callsInFlight(server: string, count: number): Promise<Promise<unknown>[]> {
    const calls = Array.from({ length: count }, () =>
      this.call(server, "sleep", { ms: 60_000 }).catch((error: unknown) => error),
    );
    await this.call(server, "echo", { text: "after them" });
    return calls;
  }

  /** What there is of its containers, running or not. */
  containers(): Promise<FoundContainer[]> {
    return this.api.containers(this.owner);
  }

  /** Rejects unless it has just one. */
  container(): Promise<FoundContainer> {
    return this.api.container(this.owner);
  }

  /** Ends it; resolves with the milliseconds that took. */
  async end(): Promise<number> {
    const start = performance.now();
    this.#ended ??= this.gateway[Symbol.asyncDispose]();
    await this.#ended;
    return performance.now() - start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    const left = await this.containers();
    if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  }
}
