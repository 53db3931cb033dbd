import { describe, expect, test } from "vitest";
import type { RequestId } from "../src/runtime/frame.ts";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, type FakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { methodsOf, modernServer, requestsOf, subscriptionKey } from "./support/modern-server.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const acknowledged = "notifications/subscriptions/acknowledged";
const listens = (instance: FakeInstance) =>
  requestsOf(instance, "subscriptions/listen") as unknown as { id: number; params: Params }[];
const filters = (instance: FakeInstance) => listens(instance).map(({ params }) => params.notifications);
const cancelledBy = (instance: FakeInstance) =>
  requestsOf(instance, "notifications/cancelled").map(({ params }) => params.requestId);

/** A server that tells of changes; `agree`: what it acknowledges of a filter. */
function telling(
  capabilities: Params,
  agree: (filter: Params) => Params | undefined = (filter) => filter,
  more: Partial<FakeServer> = {},
): FakeServer {
  return modernServer(
    { echo: () => text("hi") },
    {
      capabilities: { tools: {}, ...capabilities },
      ...more,
      methods: {
        "resources/list": () => ({ resources: [{ uri: "x:1", name: "1" }] }),
        "resources/templates/list": () => ({ resourceTemplates: [] }),
        "subscriptions/listen": ({ notifications }, instance, id) => {
          const agreed = agree(notifications as Params);
          if (agreed) tell(instance, acknowledged, id, { notifications: agreed });
          return new Promise(() => {});
        },
        ...more.methods,
      },
    },
  );
}

function tell(instance: FakeInstance, method: string, id: RequestId | undefined, params: Params = {}): void {
  const _meta = id === undefined ? {} : { [subscriptionKey]: id };
  instance.say({ jsonrpc: "2.0", method, params: { ...params, _meta: { ..._meta, kept: 1 } } });
}

const lists = { tools: { listChanged: true }, resources: { listChanged: true, subscribe: true } };

async function connected(server: FakeServer, entry = {}) {
  const parts = await testGateway({ a: server }, {}, entry);
  const client = await TestClient.connect(parts.gateway, "a");
  expect(await client.call("echo")).toBe("hi");
  await settle();
  return { ...parts, client };
}

function heardBy(client: TestClient, method: string): { readonly params?: Params | undefined }[] {
  return client.received.flatMap((message) =>
    "method" in message && message.method === method ? [message] : [],
  );
}

describe("a modern server that tells of changes", () => {
  test("is listened to once it runs, for what it says it tells", async () => {
    const { runtime } = await connected(telling(lists));
    expect(filters(runtime.last)).toEqual([{ toolsListChanged: true, resourcesListChanged: true }]);
    expect(listens(runtime.last)[0]?.params._meta).toMatchObject({
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    });
  });

  test("is not listened to when it tells none", async () => {
    const { runtime } = await connected(telling({}));
    expect(listens(runtime.last)).toEqual([]);
  });

  test("reaches its clients like a legacy one's, without what is the gateway's own business", async () => {
    const { runtime, client, clock } = await connected(telling(lists));
    await client.result("tools/list");
    tell(runtime.last, "notifications/tools/list_changed", listens(runtime.last)[0]?.id);
    await clock.advance(200);
    const [heard] = heardBy(client, "notifications/tools/list_changed");
    expect(heard?.params?._meta).toEqual({ kept: 1 });
  });

  test("is not believed under the id of another subscription", async () => {
    const { runtime, client, clock, events } = await connected(telling(lists));
    tell(runtime.last, "notifications/tools/list_changed", 12345);
    await clock.advance(200);
    expect(heardBy(client, "notifications/tools/list_changed")).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: "frame-dropped", server: "a" }));
  });

  test("is stopped when idle, all the same; the listening is no call", async () => {
    const { runtime, gateway, clock } = await connected(telling(lists));
    expect(runtime.running).toBe(1);
    await clock.advance(31_000);
    expect(gateway.server("a")?.state).toBe("ready");
    await clock.advance(300_000);
    expect(runtime.running).toBe(0);
    expect(gateway.server("a")?.state).toBe("stopped");
  });
});

describe("a subscription to a resource of a modern server", () => {
  test("changes what is listened for: the new begins before the old ends", async () => {
    const { runtime, client } = await connected(telling(lists));
    expect(await client.result("resources/subscribe", { uri: "x:1" })).toEqual({});
    const [first, second] = listens(runtime.last);
    expect(second?.params.notifications).toEqual({
      toolsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: ["x:1"],
    });
    expect(cancelledBy(runtime.last)).toEqual([first?.id]);
    expect(methodsOf(runtime.last)).not.toContain("resources/subscribe");
    tell(runtime.last, "notifications/resources/updated", second?.id, { uri: "x:1" });
    await settle();
    expect(heardBy(client, "notifications/resources/updated")[0]?.params).toEqual({
      uri: "x:1",
      _meta: { kept: 1 },
    });
    expect(await client.result("resources/unsubscribe", { uri: "x:1" })).toEqual({});
    await settle();
    expect(filters(runtime.last).at(-1)).toEqual({ toolsListChanged: true, resourcesListChanged: true });
    expect(cancelledBy(runtime.last)).toEqual([first?.id, second?.id]);
  });

  test("hears the old until the new has begun, and nothing twice", async () => {
    let agrees = true;
    const server = telling(lists, (filter) => (agrees ? filter : undefined));
    const { runtime, client } = await connected(server);
    await client.result("resources/subscribe", { uri: "x:1" });
    agrees = false;
    void client.result("resources/subscribe", { uri: "x:2" });
    await settle();
    const [, old, next] = listens(runtime.last);
    tell(runtime.last, "notifications/resources/updated", old?.id, { uri: "x:1" });
    tell(runtime.last, acknowledged, next?.id, {
      notifications: { resourceSubscriptions: ["x:1", "x:2"] },
    });
    tell(runtime.last, "notifications/resources/updated", old?.id, { uri: "x:1" });
    tell(runtime.last, "notifications/resources/updated", next?.id, { uri: "x:2" });
    await settle();
    const heard = heardBy(client, "notifications/resources/updated").map(({ params }) => params?.uri);
    expect(heard).toEqual(["x:1", "x:2"]);
  });

  test("without any list: the stream is there as long as somebody wants it", async () => {
    const { runtime, client } = await connected(telling({ resources: { subscribe: true } }));
    const answers = ["x:1", "x:2", "x:3"].map((uri) => client.result("resources/subscribe", { uri }));
    expect(await Promise.all(answers)).toEqual([{}, {}, {}]);
    // Several at once make one stream.
    expect(filters(runtime.last)).toEqual([{ resourceSubscriptions: ["x:1", "x:2", "x:3"] }]);
    for (const uri of ["x:1", "x:2", "x:3"]) await client.result("resources/unsubscribe", { uri });
    await settle();
    expect(cancelledBy(runtime.last)).toContain(listens(runtime.last).at(-1)?.id);
  });

  test("that the server does not agree to is an error, and nothing else suffers", async () => {
    const server = telling(lists, (filter) => ({
      ...filter,
      ...(filter.resourceSubscriptions ? { resourceSubscriptions: ["x:1"] } : {}),
    }));
    const { client, runtime } = await connected(server);
    await client.result("resources/subscribe", { uri: "x:1" });
    expect((await client.refusal("resources/subscribe", { uri: "x:no" })).message).toContain("x:no");
    await settle();
    tell(runtime.last, "notifications/resources/updated", listens(runtime.last).at(-1)?.id, { uri: "x:1" });
    await settle();
    expect(heardBy(client, "notifications/resources/updated")).toHaveLength(1);
  });

  test("that the server refuses gets the server's own words", async () => {
    const server = telling({ resources: { subscribe: true } }, undefined, {
      methods: {
        "subscriptions/listen": () => {
          throw Object.assign(new Error("too many"), { code: -32603 });
        },
      },
    });
    const { client } = await connected(server);
    expect(await client.ask("resources/subscribe", { uri: "x:1" })).toMatchObject({
      error: { code: -32603, message: "too many" },
    });
  });

  test("that the server never answers ends in time", async () => {
    const { client, clock, runtime } = await connected(
      telling({ resources: { subscribe: true } }, () => undefined),
    );
    const refusal = client.refusal("resources/subscribe", { uri: "x:1" });
    await clock.advance(30_000);
    expect((await refusal).message).toContain("acknowledge");
    expect(cancelledBy(runtime.last)).toEqual([listens(runtime.last)[0]?.id]);
  });

  test("can be given up", async () => {
    const { client, runtime } = await connected(telling({ resources: { subscribe: true } }, () => undefined));
    void client.ask("resources/subscribe", { uri: "x:1" }, 5);
    await settle();
    client.notify("notifications/cancelled", { requestId: 5 });
    await settle();
    expect(client.session?.callsInFlight).toBe(0);
    tell(runtime.last, acknowledged, listens(runtime.last)[0]?.id, { notifications: {} });
    await settle();
    expect(cancelledBy(runtime.last)).toEqual([listens(runtime.last)[0]?.id]);
  });

  test("outlives the instance", async () => {
    const { client, runtime, clock } = await connected(telling({ resources: { subscribe: true } }));
    await client.result("resources/subscribe", { uri: "x:1" });
    await client.result("resources/subscribe", { uri: "x:2" });
    runtime.last.crash();
    await clock.advance(2000);
    expect(runtime.starts).toBe(2);
    expect(filters(runtime.last)).toEqual([{ resourceSubscriptions: ["x:1", "x:2"] }]);
  });
});

describe("a stream of changes that ends is opened again", () => {
  const ends: [string, (instance: FakeInstance, id: number) => void][] = [
    [
      "by a response",
      (instance, id) => instance.say({ jsonrpc: "2.0", id, result: { resultType: "complete" } }),
    ],
    [
      "by a cancellation",
      (instance, id) =>
        instance.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } }),
    ],
    [
      "by both",
      (instance, id) => {
        instance.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
        instance.say({ jsonrpc: "2.0", id, result: { resultType: "complete" } });
      },
    ],
    [
      "by an error",
      (instance, id) => instance.say({ jsonrpc: "2.0", id, error: { code: -1, message: "x" } }),
    ],
  ];

  test.each(ends)("%s", async (_how, end) => {
    const { runtime, clock, client } = await connected(telling(lists));
    await client.result("resources/subscribe", { uri: "x:1" });
    const before = filters(runtime.last).length;
    end(runtime.last, listens(runtime.last).at(-1)?.id ?? 0);
    await clock.advance(0);
    expect(filters(runtime.last).slice(before)).toEqual([filters(runtime.last)[before - 1]]);
    // A server that always ends it is left alone for longer each time.
    end(runtime.last, listens(runtime.last).at(-1)?.id ?? 0);
    await clock.advance(1900);
    expect(filters(runtime.last)).toHaveLength(before + 1);
    await clock.advance(700);
    expect(filters(runtime.last)).toHaveLength(before + 2);
  });

  test("unless the server does not know the method", async () => {
    const methods = {
      "subscriptions/listen": () => {
        throw Object.assign(new Error("unknown"), { code: -32601 });
      },
    };
    const { runtime, clock } = await connected(telling(lists, undefined, { methods }));
    await clock.advance(200_000);
    expect(listens(runtime.last)).toHaveLength(1);
  });

  test("not after the server has stopped", async () => {
    const { runtime, clock, gateway } = await connected(telling(lists));
    await gateway.stopServer("a");
    await clock.advance(200_000);
    expect(listens(runtime.last)).toHaveLength(1);
    expect(clock.armed).toBe(0);
  });
});

describe("where each request goes by itself", () => {
  test("a stream is ended by ending it, and opened again when it breaks off", async () => {
    let breakOff = (_error: Error) => {};
    const server = telling(lists, undefined, { perRequest: true });
    const { runtime, client, clock } = await connected(server);
    const at = methodsOf(runtime.last).indexOf("subscriptions/listen");
    const { signal, headers } = runtime.last.sent[at] ?? {};
    expect(headers).toMatchObject({ "mcp-method": "subscriptions/listen" });
    expect(signal?.aborted).toBe(false);
    await client.result("resources/subscribe", { uri: "x:1" });
    expect(signal?.aborted).toBe(true);
    expect(methodsOf(runtime.last)).not.toContain("notifications/cancelled");
    runtime.last.transport.sendFrame = (frame, options) =>
      new Promise((_resolve, reject) => {
        breakOff = reject;
        runtime.last.received.push(frame.value());
        runtime.last.sent.push(options);
      });
    const id = listens(runtime.last).at(-1)?.id;
    runtime.last.say({ jsonrpc: "2.0", id: id ?? 0, result: {} });
    await clock.advance(0);
    expect(listens(runtime.last)).toHaveLength(3);
    tell(runtime.last, acknowledged, listens(runtime.last)[2]?.id, { notifications: {} });
    breakOff(new Error("reset"));
    await clock.advance(3000);
    expect(listens(runtime.last)).toHaveLength(4);
    await runtime.last[Symbol.asyncDispose]();
  });
});
