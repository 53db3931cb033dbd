import { OmgError, type OmgErrorOptions, type Reason } from "@omg/core/runtime";
import { describe, expect, test, vi } from "vitest";
import { Breaker } from "../src/breaker.ts";
import { type Exchange, fakeServer } from "./support/fake-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";
import { callThrough, mcpServer } from "./support/guarded.ts";

const isCall = ({ method }: Exchange) => method === "tools/call";
const isGreeting = ({ method }: Exchange) => method === "initialize";
const ask = (client: GatewayClient) => client.ask("tools/call", { name: "echo", arguments: {} });

function breaker() {
  const time = { now: 0 };
  const onHopeless = vi.fn<(last: OmgError) => void>();
  const guard = new Breaker({ onHopeless, now: () => time.now });
  const fails = (reason: Reason, more: Partial<OmgErrorOptions> = {}) => {
    const error = new OmgError(reason, { message: "it failed", ...more });
    return guard.through(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
  };
  return { guard, time, onHopeless, fails, works: () => guard.through(async () => {}) };
}

describe("a server that asks to be left alone", () => {
  test("is asked nothing until then, in the same words and with the time that is left", async () => {
    const { guard, time, fails } = breaker();
    const busy = { detail: "http_429", retryAfterMs: 7000, executed: "unknown" } as const;
    await fails("upstream_backoff", busy);
    const send = vi.fn(async () => {});
    time.now = 1600;
    await expect(guard.through(send)).rejects.toMatchObject({
      reason: "upstream_backoff",
      detail: "http_429",
      executed: "no",
      retryAfterMs: 5400,
      message: "it failed, 6 s more",
    });
    time.now = 7000;
    await guard.through(send);
    expect(send).toHaveBeenCalledOnce();
  });

  test("is asked nothing until the latest time that it names, whatever it answers meanwhile", async () => {
    const { guard, time, works } = breaker();
    const ends: ((error?: OmgError) => void)[] = [];
    const calls = [1, 2, 3].map(() =>
      guard
        .through(
          () => new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))),
        )
        .catch(() => {}),
    );
    const busy = (retryAfterMs: number) =>
      new OmgError("upstream_backoff", { message: "busy", retryAfterMs });
    ends[0]?.(busy(9000));
    ends[1]?.(busy(2000));
    ends[2]?.();
    await Promise.all(calls);
    time.now = 8999;
    await expect(works()).rejects.toMatchObject({ retryAfterMs: 1 });
    time.now = 9000;
    await works();
  });

  test.each([429, 503])("by %i gets the call once, and no other one before its time", async (status) => {
    await using server = await fakeServer({
      "tools/call": (exchange) => exchange.status(status, { "retry-after": "1" }),
    });
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    expect((await ask(client)).error?.data).toMatchObject({ reason: "upstream_backoff", retryAfterMs: 1000 });
    const { error } = await ask(client);
    expect(error?.data).toMatchObject({ reason: "upstream_backoff", executed: "no", server: "far" });
    expect(error?.data?.retryAfterMs).toBeLessThanOrEqual(1000);
    expect(error?.message).toMatch(new RegExp(`answered ${status} .*left alone for a while, 1 s more`));
    expect(server.exchanges.filter(isCall)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, Number(error?.data?.retryAfterMs)));
    await ask(client);
    expect(server.exchanges.filter(isCall)).toHaveLength(2);
    expect(server.exchanges.filter(isGreeting)).toHaveLength(1);
  });

  test("when it is greeted is not greeted again before its time", async () => {
    await using server = await fakeServer({
      initialize: (exchange) => exchange.status(429, { "retry-after": "60" }),
    });
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    for (let call = 0; call < 2; call++) {
      const { data } = (await ask(client)).error ?? {};
      expect(data).toMatchObject({ reason: "upstream_backoff" });
      expect(data?.retryAfterMs).toBeGreaterThan(50_000);
    }
    expect(server.exchanges.filter(isGreeting)).toHaveLength(1);
  });
});

describe("a conversation in which requests fail", () => {
  const below: [Reason, Partial<OmgErrorOptions>][] = [
    ["upstream_closed", {}],
    ["upstream_timeout", {}],
    ["upstream_start_failed", { detail: "dns" }],
    ["upstream_start_failed", { detail: "tls_expired" }],
  ];
  test.each(below)("below HTTP five times in a row is over: %s %o", async (reason, more) => {
    const { fails, onHopeless } = breaker();
    for (let failure = 0; failure < 4; failure++) await fails(reason, more);
    expect(onHopeless).not.toHaveBeenCalled();
    await fails("cancelled");
    await fails(reason, more);
    await fails(reason, more);
    expect(onHopeless).toHaveBeenCalledOnce();
    expect(onHopeless.mock.lastCall?.[0]).toMatchObject({ reason });
  });

  test("goes on if one in between is answered, be it by a refusal", async () => {
    const { fails, works, onHopeless } = breaker();
    const refusals = [
      works,
      () => fails("upstream_closed", { detail: "http_500" }),
      () => fails("upstream_protocol_error"),
      () => fails("upstream_backoff", { retryAfterMs: 0 }),
    ];
    for (const refusal of refusals) {
      for (let failure = 0; failure < 4; failure++) await fails("upstream_closed");
      await refusal();
    }
    expect(onHopeless).not.toHaveBeenCalled();
  });

  test("goes on when all that was in flight breaks off at once", async () => {
    const { fails, onHopeless } = breaker();
    await Promise.all(Array.from({ length: 20 }, () => fails("upstream_closed")));
    expect(onHopeless).not.toHaveBeenCalled();
    for (let failure = 0; failure < 4; failure++) await fails("upstream_closed");
    expect(onHopeless).toHaveBeenCalledOnce();
  });

  const faults: [string, (exchange: Exchange) => void, RegExp][] = [
    ["broken off", ({ response }) => response.destroy(), /broke off the connection/],
    ["never answered", () => {}, /did not begin to answer in time/],
  ];
  test.each(faults)(
    "ends after five calls that are %s, and the next one gets a new one",
    async (_, fault, message) => {
      let isIll = true;
      await using server = await fakeServer({
        "tools/call": (exchange) => (isIll && exchange.text !== "slow" ? fault(exchange) : exchange.plain()),
      });
      await using gateway = await remoteGateway({ url: server.url, response_timeout_seconds: 0.05 });
      const client = await GatewayClient.connect(gateway);
      for (let call = 0; call < 5; call++) expect((await ask(client)).error?.message).toMatch(message);
      isIll = false;
      expect(await client.call("echo", { text: "well" })).toBe("well");
      expect(server.exchanges.filter(isGreeting)).toHaveLength(2);
      expect(server.exchanges.filter(isCall)).toHaveLength(6);
    },
  );

  test("ends when the name is gone; then the gateway leaves the server alone", async () => {
    await using server = await mcpServer();
    let isGone = false;
    const gone = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    const details: unknown[] = [];
    await callThrough({
      options: { url: `http://far.example:${server.port}/mcp`, allow_private_network: true },
      resolve: async () => (isGone ? Promise.reject(gone) : ["127.0.0.1"]),
      async again(call) {
        isGone = true;
        for (const socket of server.sockets) socket.destroy();
        await server.idle();
        for (let count = 0; count < 8; count++)
          await call().catch(({ reason, detail }: OmgError) => details.push(detail ?? reason));
        return "";
      },
    });
    expect(details.slice(-3)).toEqual(["dns", "upstream_backoff", "upstream_backoff"]);
  });
});
