import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createGateway, type Gateway, type GatewayConfig, type GatewayListener } from "@omg/core";
import { localRuntime } from "@omg/runtime-local";
import { type HttpFront, serveHttp } from "@omg/transport-http";
import { serverIds, servers } from "./cast.ts";
import { FastClock } from "./fast-clock.ts";
import { firstVersions, type Versions } from "./plan.ts";
import { type WatchedProcesses, watchProcesses } from "./processes.ts";

const program = fileURLToPath(new URL("./server.mjs", import.meta.url));

/** How much faster the gateway's clock runs than the world; what follows is by the gateway's. */
const speed = 5;
const idleSeconds = 4;
const startSeconds = 150;
const requestSeconds = 150;

/** A gateway in this process, its HTTP front, and what it runs on. Dispose: as a gateway ends, drained first. */
export interface Setting extends AsyncDisposable {
  /** The mark in the environment of every process that it starts. */
  readonly owner: string;
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly port: number;
  readonly processes: WatchedProcesses;
  readonly clock: FastClock;
  reload(versions: Versions): Promise<unknown>;
}

export interface SettingOptions {
  /** Where servers write down what they execute. */
  readonly executions: string;
  readonly onEvent: GatewayListener;
  /** The HTTP front has met a fault of the gateway. */
  onFault(error: unknown): void;
}

export async function setUp({ executions, onEvent, onFault }: SettingOptions): Promise<Setting> {
  await using stack = new AsyncDisposableStack();
  const owner = `history-${randomBytes(6).toString("hex")}`;
  const clock = new FastClock(speed);
  const processes = watchProcesses(stack.use(localRuntime()));
  const gateway = await createGateway({
    owner,
    clock,
    onEvent,
    runtimes: [processes.runtime],
    config: configOf(firstVersions, executions),
  });
  stack.use(gateway);
  const front = await serveHttp({
    gateway,
    listen: [{ host: "127.0.0.1", port: 0 }],
    onEvent: (event) => event.type === "http-error" && onFault(event.error),
  });
  stack.use(front);
  const owned = stack.move();
  return {
    owner,
    gateway,
    front,
    port: front.addresses[0]?.port ?? 0,
    processes,
    clock,
    reload: (versions) => gateway.reload(configOf(versions, executions)),
    async [Symbol.asyncDispose]() {
      await Promise.all([front.drain(), gateway.drain()]);
      await owned.disposeAsync();
    },
  };
}

function configOf(versions: Versions, executions: string): GatewayConfig {
  return {
    idle_timeout_seconds: idleSeconds,
    start_timeout_seconds: startSeconds,
    request_timeout_seconds: requestSeconds,
    health_check_interval_seconds: 0,
    servers: serverIds.flatMap((id) => {
      const version = versions[id];
      if (version === undefined) return [];
      const { era, scope } = servers[id];
      return {
        id,
        era,
        scope,
        env: { EDITION: String(version) },
        runtime: {
          type: "local-process",
          command: process.execPath,
          args: [program, executions, era, scope],
        },
      };
    }),
  };
}
