import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { RuntimeV1, StateStore } from "../runtime/v1.ts";
import { CatalogGateway } from "./catalog-gateway.ts";
import type { GatewayListener } from "./events.ts";
import { fingerprintKey } from "./fingerprint.ts";
import { memoryStore } from "./memory-store.ts";
import type { Gateway } from "./types.ts";

/** What a gateway is made of. */
export interface GatewayOptions {
  /** The catalog and the gateway's own settings, in the keys of the configuration file. */
  readonly config: GatewayConfig;
  /** The runtimes that the catalog may name. */
  readonly runtimes: readonly RuntimeV1[];
  /** The environment that `inherit_env` and the runtimes' own lists take from. Default: empty. */
  readonly hostEnv?: Readonly<Record<string, string | undefined>>;
  /** Keeps what must outlive the process. Default: memory. */
  readonly store?: StateStore;
  /** Marks everything this gateway starts. Default: random. */
  readonly owner?: string;
  /** Hears everything that happens; what it throws is dropped. */
  readonly onEvent?: GatewayListener;
  /** The time that deadlines and idle servers go by, for tests. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Makes a gateway. Nothing starts until a client needs it. An entry whose runtime or options do not fit leaves its
 * server `disabled`; the others are not affected.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, runtimes } = options;
  const emit = guarded(options.onEvent);
  const store = options.store ?? memoryStore();
  const gateway = new CatalogGateway({
    config,
    emit,
    store,
    fingerprintKey: await fingerprintKey(store, emit),
    clock: options.clock ?? systemClock,
    hostEnv: options.hostEnv ?? {},
    owner: options.owner ?? randomBytes(6).toString("hex"),
  });
  try {
    await gateway.open(config, runtimes);
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
  return gateway;
}

/** A listener that fails must not stop what it listens to. */
function guarded(listener: GatewayListener = () => {}): GatewayListener {
  return (event) => {
    try {
      listener(event);
    } catch {
      // There is nobody left to tell.
    }
  };
}
