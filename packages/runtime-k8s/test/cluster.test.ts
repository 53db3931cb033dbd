import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster } from "../src/cluster/cluster.ts";
import { ClusterFailure } from "../src/cluster/cluster-failure.ts";
import { startFailure } from "../src/failures.ts";
import { breaksOff, FakeApiServer, type Fault, hangs, refused, says } from "./support/fake-api-server.ts";

const pods = "/api/v1/namespaces/ns/pods";
const log = `${pods}/one/log`;
const attach = `${pods}/one/attach`;
const answerMs = 300;
const { signal: never } = new AbortController();

let server: FakeApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await FakeApiServer.start();
  cluster = new Cluster({ config: server.config(), answerMs });
});
afterEach(async () => {
  vi.useRealTimers();
  await cluster[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Each way to ask, to its end. */
const ways: readonly [string, (signal: AbortSignal) => Promise<unknown>][] = [
  ["ask", (signal) => cluster.ask("GET", pods, { signal })],
  ["watch", (signal) => drained(cluster.watch(pods, { signal }))],
  ["read", (signal) => drained(cluster.read(log, { signal }))],
  ["connect", (signal) => cluster.connect(attach, { signal }, ["v4.channel.k8s.io"])],
];

describe.each(ways)("%s", (_, way) => {
  const failure = () => failureOf(way(never));

  test("has a deadline", async () => {
    server.choose = () => hangs;
    expect(await failure()).toMatchObject({ said: "no answer within 0.3 s", isSilence: true });
  });

  test("hears why it is refused, and for how long it should wait", async () => {
    server.choose = () => refused(429, "too many requests", { "retry-after": "7" });
    expect(await failure()).toMatchObject({ status: 429, said: "too many requests", retryAfterMs: 7_000 });
  });

  test("is told of what is no API server without its page", async () => {
    server.choose = () => (response) => response.writeHead(502).end("<html>Bad Gateway</html>");
    expect(await failure()).toMatchObject({ status: 502, said: "HTTP 502", isSilence: true });
  });

  test("is told of what a node says", async () => {
    server.choose = () => (response) => response.writeHead(500).end("container server not running\n");
    expect(await failure()).toMatchObject({ status: 500, said: "container server not running" });
  });

  test("does not follow to another place", async () => {
    server.choose = () => (response) => response.writeHead(302, { location: `${server.url}/other` }).end();
    expect(await failure()).toMatchObject({ status: 302 });
    expect(server.asked).toHaveLength(1);
  });

  test("hears of a connection that breaks", async () => {
    server.choose = () => breaksOff;
    expect((await failure()).said).toMatch(/^(?:the connection broke|ECONNRESET|socket hang up)$/);
  });

  test("hears that nobody is there", async () => {
    await server.goAway();
    expect((await failure()).said).toBe("ECONNREFUSED");
  });

  test("can be given up", async () => {
    server.choose = () => hangs;
    const given = new AbortController();
    const failed = failureOf(way(given.signal));
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    given.abort(new Error("no longer wanted"));
    expect((await failed).said).toBe("no longer wanted");
    expect((await failureOf(way(given.signal))).said).toBe("no longer wanted");
    expect(server.asked).toHaveLength(1);
  });
});

describe("what an API server says", () => {
  test.each([
    ["Retry-After in seconds", refused(503, "x", { "retry-after": "2" }), 2_000],
    ["none", refused(503, "x"), undefined],
    ["one that is no number", refused(503, "x", { "retry-after": "soon" }), undefined],
    ["one that is beyond all measure", refused(503, "x", { "retry-after": "86400" }), 60_000],
  ] satisfies [string, Fault, number | undefined][])("to wait: %s", async (_, fault, ms) => {
    server.choose = () => fault;
    expect((await failureOf(cluster.ask("GET", pods))).retryAfterMs).toBe(ms);
  });

  test("may be no JSON", async () => {
    server.choose = () => says("<html>");
    expect((await failureOf(cluster.ask("GET", pods))).said).toBe("what answers there is no API server");
  });

  test("may be no HTTP", async () => {
    await using other = await speaking((socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    const elsewhere = new Cluster({ config: server.config({ cluster: { server: other.url } }) });
    expect((await failureOf(elsewhere.ask("GET", pods))).said).toBe("what answers there does not speak HTTP");
    expect((await failureOf(elsewhere.connect(attach, {}, []))).said).toBe(
      "what answers there does not speak HTTP",
    );
    await elsewhere[Symbol.asyncDispose]();
  });

  test("takes as long as it likes once it has begun", async () => {
    server.choose = () => says("first\n", { staysOpen: true });
    const lines = cluster.read(log, {});
    expect(String((await lines.next()).value)).toBe("first\n");
    const next = Promise.race([lines.next(), new Promise((late) => setTimeout(late, 2 * answerMs, "waits"))]);
    expect(await next).toBe("waits");
    void lines.return(undefined);
  });
});

describe("a connection of channels", () => {
  test("misses nothing that comes before its reader is there", async () => {
    const socket = await cluster.connect(attach, {}, ["v4.channel.k8s.io"]);
    const [other] = server.sockets;
    other?.send("early");
    await new Promise((later) => setTimeout(later, 50));
    const message = once(socket, "message");
    socket.resume();
    expect(String((await message)[0])).toBe("early");
    socket.terminate();
  });
});

test.each([
  [
    "does not answer",
    new ClusterFailure("ECONNREFUSED"),
    {
      reason: "runtime_unavailable",
      detail: "cluster_unreachable",
      retryAfterMs: 1_000,
      message:
        "Server 'tested' did not start: the API server of fake (URL) does not answer (ECONNREFUSED). Look whether it is well: kubectl get --raw /readyz.",
    },
  ],
  [
    "asks to wait",
    ClusterFailure.ofAnswer(429, `{"message":"too many requests"}`, "9"),
    { reason: "runtime_unavailable", retryAfterMs: 9_000 },
  ],
  [
    "refuses who asks",
    ClusterFailure.ofAnswer(401, `{"message":"Unauthorized"}`),
    { reason: "upstream_start_failed", detail: "unauthorized" },
  ],
  [
    "can not be asked for want of credentials",
    new ClusterFailure(`the command "login" of its user failed: it said nothing`, { hasNoLogin: true }),
    {
      reason: "runtime_unavailable",
      detail: "cluster_login",
      message: `Server 'tested' did not start: there are no credentials for fake (URL): the command "login" of its user failed: it said nothing. Look whether it can be used: kubectl get --raw /version.`,
    },
  ],
])("a start at an API server that %s says so", (_, failure, expected) => {
  const error = startFailure("tested", cluster, failure) as Error;
  const message = error.message.replace(server.url, "URL");
  expect({ ...error, message }).toMatchObject(expected);
});

async function failureOf(asked: Promise<unknown>): Promise<ClusterFailure> {
  const failure = await asked.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ClusterFailure);
  return failure as ClusterFailure;
}

async function drained(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

async function speaking(speak: (socket: Socket) => void) {
  const other = createServer((socket) => speak(socket.on("error", () => {}).resume()));
  await once(other.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => other.close(resolve));
    },
  };
}
