import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import {
  bridged,
  event,
  flow,
  gatewayThat,
  initialize,
  initialized,
  list,
  ok,
  open,
  refuse,
} from "./support/conversation.ts";

const progress = {
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progressToken: 0, progress: 1 },
};
const change = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const answer = { jsonrpc: "2.0", id: 1, result: {} };
const soon = "retry: 10\n";
const lost = { id: 1, error: { data: { reason: "upstream_closed", executed: "unknown" } } };

const after = (incoming: IncomingMessage) => incoming.headers["last-event-id"];

/** A gateway whose answers to `tools/list` break off after one event, and what it does when asked for the rest. */
async function breaking(first: string, resume: Parameters<typeof gatewayThat>[1]) {
  const asked: unknown[] = [];
  const gateway = await gatewayThat(
    (message, outgoing) => {
      if (!open(message, outgoing)) flow(outgoing, first).end();
    },
    (outgoing, session, incoming) => {
      const { "mcp-protocol-version": version } = incoming.headers;
      asked.push([after(incoming), session, version]);
      resume?.(outgoing, session, incoming);
    },
  );
  return { ...gateway, asked };
}

describe("the stream of a request that breaks off after an event with an id", () => {
  test("is gone on with after its last event, in its session, until the answer is there", async () => {
    const { url, seen, asked } = await breaking(soon + event("e1") + event("e2", progress), (outgoing) => {
      // It stays open, as a stream that is replayed may.
      flow(outgoing, event("e3", answer));
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish()).slice(1)).toEqual([progress, answer]);
    expect(asked).toEqual([["e2", "s1", "2025-06-18"]]);
    expect(seen.filter((line) => line === "POST tools/list s1")).toHaveLength(1);
  });

  test("may break off again, as often as something comes in between", async () => {
    const { url, asked } = await breaking(soon + event("0"), (outgoing, _, incoming) => {
      const next = Number(after(incoming)) + 1;
      if (next < 9) flow(outgoing, event(`${next}`, next % 2 ? progress : undefined)).end();
      else flow(outgoing, event(`${next}`, answer)).end();
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    const lines = await client.finish();
    expect(lines.at(-1)).toEqual(answer);
    expect(lines).toHaveLength(6);
    expect(asked.map((question) => Number((question as string[])[0]))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("gives its answer to the client once, also when it comes twice", async () => {
    const { url } = await breaking(soon + event("1"), (outgoing) => {
      flow(outgoing, event("2", answer) + event("3", answer)).end();
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    expect(await client.finish()).toHaveLength(2);
  });

  test("is asked for until the gateway has noticed that it broke off", async () => {
    let times = 0;
    const { url } = await breaking(soon + event("1"), (outgoing) => {
      if (++times < 4) outgoing.writeHead([409, 503, 429][times - 1] ?? 0).end();
      else flow(outgoing, event("2", answer)).end();
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish())[1]).toEqual(answer);
  });

  test("is lost after five attempts that bring nothing, and the request is not sent again", async () => {
    let times = 0;
    const { url, seen, asked } = await breaking(soon + event("1"), (outgoing) => {
      if (times++ % 2) outgoing.destroy();
      else flow(outgoing, ": nothing new\n\n").end();
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish())[1]).toMatchObject(lost);
    expect(asked).toHaveLength(5);
    expect(seen.filter((line) => line.startsWith("POST tools/list"))).toHaveLength(1);
  });

  test.each([400, 404, 405])("is lost at once when the gateway says %i", async (status) => {
    const { url, asked } = await breaking(soon + event("1"), (outgoing) => outgoing.writeHead(status).end());
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish())[1]).toMatchObject(lost);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ["no event has an id", `data: ${JSON.stringify(progress)}\n\n`],
    ["the last one takes the ids back", event("1", progress) + event("", progress)],
    ["one is no message", `${event("1", progress)}id: 2\ndata: {}\n\n`],
  ])("is lost without asking when %s", async (_, first) => {
    const { url, asked } = await breaking(soon + first, (outgoing) => outgoing.writeHead(500).end());
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish()).at(-1)).toMatchObject(lost);
    expect(asked).toEqual([]);
  });

  test("has its id sent back byte by byte", async () => {
    const { url, asked } = await breaking(soon + event("é – 1"), (outgoing) => {
      flow(outgoing, event("2", answer)).end();
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    await client.finish();
    expect(Buffer.from((asked[0] as string[])[0] ?? "", "latin1").toString()).toBe("é – 1");
  });

  test("may be that of initialize", async () => {
    const { url, seen } = await gatewayThat(
      (message, outgoing) => {
        if (message.method !== "initialize") return ok(message, outgoing);
        outgoing.setHeader("mcp-session-id", "s1");
        flow(outgoing, soon + event("1")).end();
      },
      (outgoing) => {
        const result = { protocolVersion: "2025-11-25" };
        flow(outgoing, event("2", { jsonrpc: "2.0", id: 0, result }));
      },
    );
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish()).map(({ id }) => id)).toEqual([0, 1]);
    expect(seen.slice(0, 3)).toEqual(["POST initialize -", "GET s1", "POST tools/list s1"]);
  });
});

describe("a request that is cancelled", () => {
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };

  test("is not waited for, though its stream stays open", async () => {
    const { url, saw } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) flow(outgoing, event("1"));
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    await saw("POST tools/list s1");
    client.send(cancel);
    expect(await client.finish()).toHaveLength(1);
  });

  test("has its stream left alone when that has broken off", async () => {
    const broken = Promise.withResolvers<void>();
    const { url, seen } = await gatewayThat((message, outgoing) => {
      if (open(message, outgoing)) return;
      flow(outgoing, `retry: 600000\n${event("1", progress)}`).end();
      outgoing.once("close", broken.resolve);
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    await broken.promise;
    await client.received(2);
    client.send(cancel);
    expect(await client.finish()).toHaveLength(2);
    expect(seen.filter((line) => line.startsWith("GET"))).toEqual([]);
  });
});

describe("the end of the client", () => {
  test("does not wait for a pause before a stream is asked for", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) flow(outgoing, `retry: 600000\n${event("1", progress)}`).end();
    });
    const client = bridged(url, { answerTimeMs: 50 });
    client.send(initialize, list(1));
    await client.received(2);
    expect((await client.finish()).at(-1)).toMatchObject({
      id: 1,
      error: { data: { reason: "upstream_timeout", executed: "unknown" } },
    });
    expect(seen.at(-1)).toBe("DELETE s1");
  });
});

describe("the session's own stream", () => {
  test("is gone on with after its last event, and anew when the gateway does not know that any more", async () => {
    const asked: unknown[] = [];
    const { url } = await gatewayThat(
      (message, outgoing) => void open(message, outgoing),
      (outgoing, _, incoming) => {
        asked.push(after(incoming));
        if (asked.length === 1) flow(outgoing, soon + event("1") + event("2", change)).end();
        else if (asked.length === 2) outgoing.writeHead(503).end();
        else if (asked.length === 3) refuse(outgoing, 400, { code: -32000, message: "Which event?" });
        else flow(outgoing, event("9", progress));
      },
    );
    const client = bridged(url);
    client.send(initialize, initialized);
    expect((await client.received(3)).slice(1)).toEqual([change, progress]);
    expect(asked).toEqual([undefined, "2", "2", undefined]);
    await client.finish();
  });
});
