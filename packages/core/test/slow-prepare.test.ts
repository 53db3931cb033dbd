import { expect, test } from "vitest";
import type { PrepareRequest, RuntimeV1 } from "../src/runtime/index.ts";
import type { JsonRpcMessage } from "../src/runtime/transport.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { ModernClient } from "./support/modern-client.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

interface Preparing extends TestGateway {
  /** What `prepare` was called with, each time. */
  readonly prepares: PrepareRequest<unknown>[];
  /** Ends all that is being prepared. */
  prepared(): void;
  /** Lets the start go on. */
  started(): void;
}

/** A server that is fetched before it starts, and starts slowly. */
async function preparing(): Promise<Preparing> {
  const fetched = Promise.withResolvers<void>();
  const up = Promise.withResolvers<void>();
  const server = fakeServer({ echo: () => text("hi") }, { beforeStart: () => up.promise });
  const made = await testGateway({ a: server }, {}, { secrets: ["registry-token-1"] });
  const prepares: PrepareRequest<unknown>[] = [];
  (made.runtime as RuntimeV1).prepare = (request) => {
    prepares.push(request);
    return fetched.promise;
  };
  return { ...made, prepares, prepared: fetched.resolve, started: up.resolve };
}

/** Calls the tool through every front there is, each with a progress token. */
async function callers({ gateway }: TestGateway) {
  const callTool = async (server: string | undefined, era: "legacy" | "modern") => {
    const name = server === undefined ? "a__echo" : "echo";
    if (era === "modern") {
      const client = new ModernClient(gateway, { server, token: "t" });
      return { told: client.told, answer: client.ask("tools/call", { name }) };
    }
    const client = await TestClient.connect(gateway, server);
    const told = client.received;
    return { told, answer: client.ask("tools/call", { name, _meta: { progressToken: "t" } }) };
  };
  const fronts = [undefined, "a"].flatMap((server) =>
    (["legacy", "modern"] as const).map((era) => callTool(server, era)),
  );
  return Promise.all(fronts);
}

function progressIn(told: readonly JsonRpcMessage[]) {
  return told.flatMap((message) =>
    "method" in message && message.method === "notifications/progress" ? [message.params ?? {}] : [],
  );
}

const messagesIn = (told: readonly JsonRpcMessage[]) => progressIn(told).map(({ message }) => message);

test("one prepare of almost five minutes and a slow start serve all who wait, whatever time a call may take", async () => {
  const made = await preparing();
  const { clock, prepares, runtime } = made;
  const waiting = await callers(made);
  await clock.advance(290_000);
  made.prepared();
  await clock.advance(29_000);
  expect([prepares.length, runtime.starts]).toEqual([1, 1]);
  made.started();
  for (const { answer } of waiting) {
    expect(await answer).toMatchObject({ result: { content: [{ text: "hi" }] } });
  }
});

test("all who wait are told what the runtime says of it, in its words, as soon as it says it", async () => {
  const made = await preparing();
  const { clock, prepares, events } = made;
  const waiting = await callers(made);
  await clock.advance(2_000);
  prepares[0]?.progress("pulling node:22 with registry-token-1: 45 %");
  await settle();
  const said = "pulling node:22 with [redacted]: 45 %";
  for (const { told } of waiting) expect(messagesIn(told)).toEqual(["Starting server 'a'", said]);
  expect(events).toContainEqual({ type: "server-progress", server: "a", message: said });

  const [late] = await callers(made);
  await settle();
  expect(messagesIn(late?.told ?? [])).toEqual([said]);

  await clock.advance(5_000);
  made.prepared();
  await clock.advance(1_000);
  for (const { told } of waiting) {
    expect(messagesIn(told).slice(2)).toEqual([`${said} (7 s)`, "Starting server 'a'"]);
    const values = progressIn(told).map(({ progress }) => Number(progress));
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  }
  made.started();
  await Promise.all(waiting.map(({ answer }) => answer));
});

test("what a runtime says of the start itself is told too, and nothing of it to who waits for the next", async () => {
  const made = await preparing();
  const { gateway, clock, runtime } = made;
  made.prepared();
  const [first] = await callers(made);
  await clock.advance(2_000);
  runtime.requests[0]?.progress("creating the container");
  await clock.advance(500);
  made.started();
  await first?.answer;
  expect(messagesIn(first?.told ?? []).slice(0, 2)).toEqual([
    "Starting server 'a'",
    "creating the container",
  ]);

  await gateway.stopServer("a");
  const [next] = await callers(made);
  await next?.answer;
  expect(messagesIn(next?.told ?? [])).toEqual(["Starting server 'a'"]);
});

test("of much that is said at once a caller is told the latest, once a second", async () => {
  const made = await preparing();
  const { clock, prepares } = made;
  const waiting = await callers(made);
  await clock.advance(1_500);
  for (let percent = 0; percent <= 100; percent++) {
    prepares[0]?.progress(`${percent} %`);
    await clock.advance(100);
  }
  await clock.advance(1_000);
  for (const { told } of waiting) {
    const messages = messagesIn(told);
    expect(messages).toContain("0 %");
    expect(messages.at(-1)).toBe("100 %");
    expect(messages.length).toBeLessThanOrEqual(13);
  }
  made.prepared();
  made.started();
  await Promise.all(waiting.map(({ answer }) => answer));
});

test("a prepare that takes five minutes fails the start of all who wait, and says that it was the fetching", async () => {
  const made = await preparing();
  const waiting = await callers(made);
  await made.clock.advance(299_000);
  expect(made.prepares[0]?.signal.aborted).toBe(false);
  await made.clock.advance(1_000);
  expect(made.prepares[0]?.signal.aborted).toBe(true);
  for (const { answer } of waiting) {
    expect(await answer).toMatchObject({
      error: {
        message: expect.stringContaining("could not be fetched within 300 s"),
        data: { reason: "upstream_start_failed", detail: "prepare_timeout", phase: "start", executed: "no" },
      },
    });
  }
});
