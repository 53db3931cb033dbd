import type { GatewayConfig, ServerConfig } from "../../src/config/types.ts";
import { createGateway } from "../../src/gateway/create-gateway.ts";
import type { GatewayEvent } from "../../src/gateway/events.ts";
import type { Gateway } from "../../src/gateway/types.ts";
import type { StateStore } from "../../src/runtime/v1.ts";
import { FakeRuntime, type FakeServer } from "./fake-runtime.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface TestGateway {
  readonly gateway: Gateway;
  readonly runtime: FakeRuntime;
  readonly clock: VirtualClock;
  readonly events: GatewayEvent[];
}

/** A gateway on a virtual clock in front of servers that live in the test. */
export async function testGateway(
  servers: Record<string, FakeServer>,
  config: Partial<GatewayConfig> = {},
  entry: Partial<ServerConfig> = {},
  hostEnv: Record<string, string> = {},
  store?: StateStore,
): Promise<TestGateway> {
  const runtime = new FakeRuntime(servers);
  const clock = new VirtualClock();
  const events: GatewayEvent[] = [];
  const gateway = await createGateway({
    runtimes: [runtime],
    clock,
    hostEnv,
    onEvent: (event) => events.push(event),
    config: {
      health_check_interval_seconds: 0,
      ...config,
      servers: config.servers ?? Object.keys(servers).map((id) => fakeEntry(id, entry)),
    },
    ...(store ? { store } : {}),
  });
  return { gateway, runtime, clock, events };
}

/** The catalog entry of a fake server. */
export function fakeEntry(id: string, more: Partial<ServerConfig> = {}): ServerConfig {
  return { id, runtime: { type: "fake" }, ...more };
}

/** The states a server went through. */
export function statesOf(events: readonly GatewayEvent[], server: string): string[] {
  return events.flatMap((event) =>
    event.type === "server-state" && event.server === server ? [event.to] : [],
  );
}
