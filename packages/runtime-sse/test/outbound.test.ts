import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outbound } from "../src/outbound.ts";
import {
  callThrough,
  connectionsSoFar,
  type Listener,
  mcpServer,
  muteServer,
  refusalOf,
} from "./support/guarded.ts";
import { startRemote } from "./support/start-request.ts";

const metadata = ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]", "168.63.129.16"];

/** Ways to write this machine, or to hide it. */
const forms = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.0.0.1.",
  "127.000.000.001",
  "127.255.255.254",
  "2130706433",
  "0x7f000001",
  "0X7F.1",
  "0x7f.0x0.0x0.0x1",
  "017700000001",
  "0177.1",
  "0177.0.0.01",
  "0",
  "0.0.0.0",
  "00000000",
  "１２７.０.０.１",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "127．0．0．1",
  "%31%32%37.0.0.1",
  "127%2e0%2e0%2e1",
  "[::]",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[0000::0001]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::FFFF:7F00:0001]",
  "[0:0:0:0:0:ffff:127.0.0.1]",
  "[::ffff:0:7f00:1]",
  "[::127.0.0.1]",
  "[::7f00:1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[2001:0:7f00:1::]",
  "[2001:0:808:808::80ff:fffe]",
  "[fe80::1]",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
  "app.localhost",
  "a.b.localhost.",
  // Names, by the resolver below.
  "127.0.0.1.nip.example",
  "7f000001.nip.example",
  "six.example",
  "mapped.example",
  "zone.example",
  "mixed.example",
  "mixed6.example",
  "dot.example.",
  // Never looked at by a resolver.
  "user:password@127.0.0.1",
  "8.8.8.8@127.0.0.1",
  "@127.0.0.1",
  "[::1%25lo]",
  "127.0.0.1\\@8.8.8.8",
  " 127.0.0.1",
  "127.0.0.1\t",
  "127.0.0.1\n",
];

const names: Readonly<Record<string, readonly string[]>> = {
  "127.0.0.1.nip.example": ["127.0.0.1"],
  "7f000001.nip.example": ["127.0.0.1"],
  "six.example": ["::1"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "zone.example": ["::1%lo"],
  "mixed.example": ["8.8.8.8", "127.0.0.1"],
  "mixed6.example": ["2606:4700::1111", "::1"],
  "dot.example.": ["127.0.0.1"],
};
const resolve = async (name: string) => names[name] ?? [];

let canary: Listener;
beforeAll(async () => {
  canary = await mcpServer();
});
afterAll(() => canary[Symbol.asyncDispose]());

describe("this machine", () => {
  test.each(forms)("is not reached as %j", async (form) => {
    const url = `http://${form}:${canary.port}/mcp`;
    const error = await refusalOf({ options: { url }, resolve });
    expect([error.detail, error.reason]).toContain(
      error.reason === "server_disabled" ? "server_disabled" : "address_refused",
    );
    expect(canary.connections).toBe(0);
  });

  test("has heard of none of them", async () => {
    expect(forms.length).toBeGreaterThanOrEqual(40);
    expect(await connectionsSoFar(canary)).toBe(0);
  });

  test("is reached if the entry says so, as an address and as a name", async () => {
    for (const host of [
      "127.0.0.1",
      "2130706433",
      "localhost",
      "app.localhost",
      "localhost.",
      "dot.example.",
    ]) {
      const url = `http://${host}:${canary.port}/mcp`;
      expect(await callThrough({ options: { url, allow_private_network: true }, resolve }), host).toBe(
        "reached",
      );
    }
  });

  test("is found behind the second address of a name if the first does not answer", async () => {
    const url = `http://two.example:${canary.port}/mcp`;
    const two = async () => ["::1", "127.0.0.1"];
    expect(await callThrough({ options: { url, allow_private_network: true }, resolve: two })).toBe(
      "reached",
    );
  });

  test.each(metadata)("being allowed does not open %s", async (host) => {
    const url = `http://${host}/mcp`;
    const error = await refusalOf({ options: { url, allow_private_network: true } });
    expect(error).toMatchObject({
      reason: "upstream_start_failed",
      server: "tested",
      detail: "address_refused",
    });
    expect(error.message).toContain("clouds hand out credentials");
  });
});

describe("a name", () => {
  test("that changes its mind between two questions is asked once for a connection", async () => {
    await using target = await mcpServer();
    const answers = [["::8.8.8.8"], ["127.0.0.1"]];
    let asked = 0;
    const flip = async () => answers[asked++] ?? ["127.0.0.1"];
    // Public in form, and without a way to it.
    const options = { url: `http://flip.example:${target.port}/mcp`, connect_timeout_seconds: 0.2 };
    expect(await refusalOf({ options, resolve: flip })).toMatchObject({ detail: "connect" });
    expect(asked).toBe(1);
    expect(await refusalOf({ options, resolve: flip })).toMatchObject({ detail: "address_refused" });
    expect(await connectionsSoFar(target)).toBe(0);
  });

  test("is judged anew for each connection", async () => {
    await using target = await mcpServer();
    let answer = "127.0.0.1";
    const outcome = refusalOf({
      options: { url: `http://flip.example:${target.port}/mcp`, allow_private_network: true },
      resolve: async () => [answer],
      async again(call) {
        answer = "169.254.169.254";
        for (const socket of target.sockets) socket.destroy();
        await target.idle();
        return call();
      },
    });
    expect(await outcome).toMatchObject({ detail: "address_refused" });
  });

  test("with no address, or with hundreds, is refused", async () => {
    const url = "http://many.example/mcp";
    const many = Array.from({ length: 200 }, (_, index) => `8.8.8.${index}`);
    expect((await refusalOf({ options: { url }, resolve: async () => many })).message).toContain(
      "200 addresses",
    );
    expect(await refusalOf({ options: { url }, resolve: async () => [] })).toMatchObject({ detail: "dns" });
  });

  test("that nobody knows says so", async () => {
    const unknown = async () => {
      throw Object.assign(new Error("no"), { code: "ENOTFOUND" });
    };
    const error = await refusalOf({ options: { url: "http://gone.example/mcp" }, resolve: unknown });
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "dns" });
    expect(error.message).toContain("gone.example");
  });
});

describe("connections", () => {
  const way = ({ port }: Listener, path = "http:") => ({
    url: new URL(`${path}//127.0.0.1:${port}/mcp`),
    allowPrivate: true,
    connectMs: 5000,
    env: {},
  });
  const get = (dispatcher: ReturnType<typeof outbound>, { url }: { url: URL }) =>
    dispatcher.request({ origin: url.origin, path: "/mcp", method: "GET" });

  test("have one deadline for the handshake too", async () => {
    await using mute = await muteServer();
    const error = await refusalOf({
      options: {
        url: `https://127.0.0.1:${mute.port}/mcp`,
        allow_private_network: true,
        connect_timeout_seconds: 0.05,
      },
    });
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "connect", executed: "no" });
    expect(error.message).toContain("within 0.05 s (connect_timeout_seconds)");
    await mute.idle();
  });

  test("have one deadline for the name too", async () => {
    const options = { url: "http://slow.example/mcp", connect_timeout_seconds: 0.05 };
    const never = () => new Promise<string[]>(() => {});
    expect(await refusalOf({ options, resolve: never })).toMatchObject({ detail: "connect" });
  });

  test("are given up with the start", async () => {
    await using mute = await muteServer();
    const giving = new AbortController();
    const options = { url: `https://127.0.0.1:${mute.port}/mcp` };
    const outcome = startRemote(options, { signal: giving.signal }).catch((error: unknown) => error);
    while (mute.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    giving.abort(new Error("given up"));
    expect(await outcome).toBeInstanceOf(Error);
    await mute.idle();
  });

  test("that are made at the start are used by the first request, or end with the dispatcher", async () => {
    await using server = await mcpServer();
    const used = outbound(way(server));
    await used.connectAhead();
    await (await get(used, way(server))).body.dump();
    const unused = outbound(way(server));
    await unused.connectAhead();
    expect(server.connections).toBe(2);
    await Promise.all([used.destroy(), unused.destroy()]);
    await server.idle();
  });

  test("that were made at the start and have ended since are made again", async () => {
    await using server = await mcpServer();
    const dispatcher = outbound(way(server));
    await dispatcher.connectAhead();
    expect(await connectionsSoFar(server)).toBe(1);
    for (const socket of server.sockets) socket.resetAndDestroy();
    await server.idle();
    // A way there and back, after which the reset has arrived too.
    expect(await connectionsSoFar(server)).toBe(2);
    await (await get(dispatcher, way(server))).body.dump();
    expect(server.connections).toBe(4);
    await dispatcher.destroy();
  });

  test("are kept for the next request", async () => {
    await using server = await mcpServer();
    const dispatcher = outbound(way(server));
    for (let round = 0; round < 10; round++) await (await get(dispatcher, way(server))).body.dump();
    // A connection is free again a moment after the answer.
    expect(server.connections).toBeLessThanOrEqual(2);
    await dispatcher.destroy();
    await server.idle();
  });

  test("belong to one instance", async () => {
    await using server = await mcpServer();
    const both = [outbound(way(server)), outbound(way(server))];
    for (const dispatcher of both) await (await get(dispatcher, way(server))).body.dump();
    expect(server.connections).toBe(2);
    await Promise.all(both.map((dispatcher) => dispatcher.destroy()));
    await server.idle();
  });

  test("that are being made end with the dispatcher", async () => {
    await using mute = await muteServer();
    const dispatcher = outbound(way(mute, "https:"));
    const outcome = get(dispatcher, way(mute, "https:")).catch((error: unknown) => error);
    while (mute.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    await dispatcher.destroy();
    expect(await outcome).toBeInstanceOf(Error);
    await mute.idle();
  });

  test("are all closed when the gateway is", async () => {
    await using server = await mcpServer();
    expect(
      await callThrough({
        options: { url: `http://127.0.0.1:${server.port}/mcp`, allow_private_network: true },
      }),
    ).toBe("reached");
    await server.idle();
  });
});
