import { describe, expect, test } from "vitest";
import { type RequestId, requestFrame } from "../src/runtime/frame.ts";
import type { StreamCloseOptions } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const never: Handler = () => new Promise(() => {});

/** Answers on an event stream of the request. */
const stream: Handler = (_params, instance, id) => {
  instance.say({ jsonrpc: "2.0", id, result: text("streamed") }, { requestId: id, streamed: true });
  return never({}, instance, id);
};

/** A client over a transport that can end the streams of its calls. */
class StreamingClient extends TestClient {
  readonly ended: [RequestId, StreamCloseOptions | undefined][] = [];

  closeStream(requestId: RequestId, options?: StreamCloseOptions): void {
    this.ended.push([requestId, options]);
  }
}

/** Two clients, each with a call in flight that has the id 7. */
async function twoCalls() {
  const { gateway, runtime } = await testGateway({ a: fakeServer({ wait: never }) });
  const clients = [new StreamingClient(), new StreamingClient()] as const;
  for (const client of clients) {
    client.session = await gateway.connect(client, { server: "a" });
    void client.ask("tools/call", { name: "wait" }, 7);
    await settle();
  }
  return { gateway, clients, instance: runtime.last, ids: callsAt(runtime.last) };
}

/** The ids of calls, as the server knows them. */
function callsAt({ received }: FakeInstance): RequestId[] {
  return received.flatMap((message) =>
    "id" in message && "method" in message && message.method === "tools/call" ? [message.id] : [],
  );
}

describe("an answer that came on an event stream", () => {
  test.each(["a", undefined])("goes on as one, and no other does, at the endpoint of %s", async (server) => {
    const { gateway } = await testGateway({ a: fakeServer({ plain: () => text("plain"), stream }) });
    const client = await TestClient.connect(gateway, server);
    const name = (tool: string) => (server === undefined ? `a__${tool}` : tool);
    expect(await client.call(name("plain"))).toBe("plain");
    expect(client.streamed).toEqual([]);
    expect(await client.call(name("stream"))).toBe("streamed");
    expect(client.streamed).toEqual([client.received.at(-1)]);
  });
});

describe("the stream of a call that the server ends ahead of its answer", () => {
  test("ends for the client whose call it is, under its own id, with the server's words", async () => {
    const { clients, instance, ids } = await twoCalls();
    instance.transport.onstreamclose?.(ids[1] as RequestId, { retryMs: 250 });
    expect(clients.map(({ ended }) => ended)).toEqual([[], [[7, { retryMs: 250 }]]]);
    instance.transport.onstreamclose?.(ids[0] as RequestId);
    expect(clients[0].ended).toEqual([[7, {}]]);
    expect(clients.map(({ session }) => session?.callsInFlight)).toEqual([1, 1]);
  });

  test("ends for nobody once the call is answered, cancelled or unknown", async () => {
    const { clients, instance, ids } = await twoCalls();
    instance.say({ jsonrpc: "2.0", id: ids[0] as RequestId, result: {} });
    clients[1].notify("notifications/cancelled", { requestId: 7 });
    await settle();
    for (const id of [...ids, "x"]) instance.transport.onstreamclose?.(id, {});
    expect(clients.map(({ ended }) => ended)).toEqual([[], []]);
  });

  test("is nothing to a client whose transport has no streams, or that has no session", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ wait: never }) });
    const client = await TestClient.connect(gateway, "a");
    const answers = [
      client.ask("tools/call", { name: "wait" }),
      gateway.request("a", requestFrame(1, "tools/call", { name: "wait" })).then((frame) => frame.value()),
    ];
    await settle();
    for (const id of callsAt(runtime.last)) {
      runtime.last.transport.onstreamclose?.(id, { retryMs: 1 });
      runtime.last.say({ jsonrpc: "2.0", id, result: { done: true } });
    }
    expect(await Promise.all(answers)).toMatchObject([
      { result: { done: true } },
      { result: { done: true } },
    ]);
  });
});
