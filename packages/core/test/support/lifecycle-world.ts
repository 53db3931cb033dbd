import type { JsonRpcMessage } from "../../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, text } from "./fake-runtime.ts";
import { fakeEntry, testGateway } from "./gateway.ts";
import { type Facts, idleMs } from "./lifecycle-model.ts";
import { TestClient } from "./test-client.ts";
import { settle } from "./virtual-clock.ts";

/** Longer than any test: nothing but what a test does ends a start or a call. */
const longSeconds = 1_000_000;

export type LifecycleWorld = Awaited<ReturnType<typeof lifecycleWorld>>;

/** A gateway with one server, `a`, of which each start, answer and end waits until it is told. */
export async function lifecycleWorld() {
  const starting: PromiseWithResolvers<void>[] = [];
  const answering = new Map<string, () => void>();
  const ending = new Set<() => void>();
  const executed: string[] = [];
  const outcomes = new Map<string, string>();
  const unexecuted = new Set<string>();
  let endsAtOnce = false;
  let edition = 0;

  const hold = ({ value }: Record<string, unknown>) => {
    executed.push(String(value));
    return new Promise<ReturnType<typeof text>>((resolve) => {
      answering.set(String(value), () => resolve(text(String(value))));
    });
  };
  const server = fakeServer(
    { hold },
    {
      beforeStart() {
        const start = Promise.withResolvers<void>();
        starting.push(start);
        return start.promise;
      },
      beforeDispose: () => (endsAtOnce ? Promise.resolve() : new Promise((resolve) => ending.add(resolve))),
    },
  );
  const { gateway, runtime, clock } = await testGateway(
    { a: server },
    {
      idle_timeout_seconds: idleMs / 1000,
      start_timeout_seconds: longSeconds,
      request_timeout_seconds: longSeconds,
    },
  );
  const client = await TestClient.connect(gateway, "a");

  return {
    runtime,
    clock,
    /** The values of calls that were executed. */
    executed,
    /** Those whose errors say that they were not executed. */
    unexecuted,
    facts: (): Facts => ({
      state: gateway.server("a")?.state,
      starts: runtime.starts,
      running: runtime.running,
      outcomes: Object.fromEntries(outcomes),
    }),
    call(value: string): void {
      void client.ask("tools/call", { name: "hold", arguments: { value } }, value).then((answer) => {
        outcomes.set(value, outcomeOf(answer, value));
        if (errorData(answer).executed === "no") unexecuted.add(value);
      });
    },
    cancel(value: string): void {
      client.notify("notifications/cancelled", { requestId: value });
    },
    answer: (value: string) => answering.get(value)?.(),
    succeed: (start: number) => starting[start]?.resolve(),
    fail: (start: number) => starting[start]?.reject(new Error("no disk")),
    crash(start: number): void {
      const id = runtime.requests[start]?.instanceId;
      const isIts = (instance: FakeInstance) => instance.id === id;
      runtime.instances.find(isIts)?.crash();
    },
    /** What is being disposed is gone. */
    disposed(): void {
      for (const end of ending) end();
      ending.clear();
    },
    /** Time passes, and what is disposed is gone at once. */
    async advance(ms: number): Promise<void> {
      this.disposed();
      endsAtOnce = true;
      await clock.advance(ms);
      endsAtOnce = false;
    },
    async reload(): Promise<void> {
      const env = { EDITION: String(++edition) };
      await gateway.reload({ servers: [fakeEntry("a", { env })] });
    },
    stop(): void {
      void gateway.stopServer("a");
    },
    /** What it comes to shows in the server's state. */
    start(): void {
      gateway.startServer("a").catch(() => {});
    },
    drain(): void {
      void gateway.drain();
    },
    /** Everything that can happen now has happened. */
    async settled(): Promise<void> {
      for (let turn = 0; turn < 3; turn++) await settle();
    },
    /** The end of the gateway. */
    async end(): Promise<void> {
      endsAtOnce = true;
      this.disposed();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

function outcomeOf(answer: JsonRpcMessage, value: string): string {
  if ("result" in answer) {
    return JSON.stringify(answer.result) === JSON.stringify(text(value)) ? "result" : "another's result";
  }
  const { reason, retryAfterMs } = errorData(answer);
  return reason === "upstream_backoff" ? `${reason} ${retryAfterMs}` : String(reason);
}

function errorData(answer: JsonRpcMessage): Record<string, unknown> {
  return "error" in answer ? (answer.error.data as Record<string, unknown>) : {};
}
