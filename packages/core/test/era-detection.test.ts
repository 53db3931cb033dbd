import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/gateway/memory-store.ts";
import { OmgError } from "../src/runtime/errors.ts";
import { fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { methodsOf, modernServer } from "./support/modern-server.ts";
import { TestClient } from "./support/test-client.ts";

const echo = { echo: () => text("hi") };
const legacyHandshake = fakeServer().methods.initialize as NonNullable<
  ReturnType<typeof fakeServer>["methods"][string]
>;
const first = (methods: readonly string[]) => methods.slice(0, 2);
const storeOf = () => {
  const values = new Map<string, string>();
  const store = {
    get: async (key: string) => values.get(key),
    set: async (key: string, value: string) => void values.set(key, value),
    delete: async (key: string) => void values.delete(key),
  };
  const remembered = () => [...values].find(([key]) => key.startsWith("core.eras/"))?.[1];
  return { store, remembered };
};

/** One life of a gateway: calls the tool of its one server, and tells what the server was sent. */
async function life(server = modernServer(echo), store = memoryStore(), entry = {}) {
  const { gateway, runtime } = await testGateway({ a: server }, {}, entry, {}, store);
  const client = await TestClient.connect(gateway, "a");
  const answer = await client.call("echo").catch((error: Error) => error.message);
  await gateway[Symbol.asyncDispose]();
  return { answer, starts: runtime.starts, methods: runtime.instances.flatMap(methodsOf) };
}

describe("on one connection", () => {
  test("a legacy server hears of no other era", async () => {
    const { answer, methods } = await life(fakeServer(echo));
    expect(answer).toBe("hi");
    expect(methods).toEqual(["initialize", "notifications/initialized", "tools/call"]);
  });

  test("a server that refuses the handshake is asked to introduce itself, in the same instance", async () => {
    const { answer, starts, methods } = await life();
    expect(answer).toBe("hi");
    expect(starts).toBe(1);
    expect(methods).toEqual(["initialize", "server/discover", "tools/call"]);
  });

  test.each([-32601, -32602, -32022, -32000, 7])("whatever code it refuses with: %i", async (code) => {
    const initialize = () => {
      throw Object.assign(new Error("no"), { code });
    };
    expect((await life(modernServer(echo, { methods: { initialize } }))).answer).toBe("hi");
  });

  test("a server that says only then which versions it speaks is asked once more", async () => {
    let asked = 0;
    const discover = modernServer(echo).methods["server/discover"] as Handler;
    const server = modernServer(echo, {
      methods: {
        "server/discover": (...request) => {
          if (++asked > 1) return discover(...request);
          throw Object.assign(new Error("no"), { code: -32022, data: { supported: ["2026-07-28"] } });
        },
      },
    });
    const { answer, methods } = await life(server, memoryStore(), { era: "modern" });
    expect(answer).toBe("hi");
    expect(methods).toEqual(["server/discover", "server/discover", "tools/call"]);
  });

  test("a server of both eras is used in the legacy one", async () => {
    const { answer, methods } = await life(
      modernServer(
        { echo: () => text("hi") },
        { methods: { initialize: legacyHandshake, "tools/call": () => text("x") } },
      ),
    );
    expect(first(methods)).toEqual(["initialize", "notifications/initialized"]);
    expect(answer).not.toBe("hi");
  });

  test("a server of neither is told so, with both of its answers", async () => {
    const methods = { "server/discover": () => ({ supportedVersions: ["2030-01-01"], capabilities: {} }) };
    const { answer } = await life(modernServer(echo, { methods }));
    expect(answer).toMatch(/neither era.*refused the handshake: no initialize.*2030-01-01/);
  });

  test("a server that dies is not asked again", async () => {
    const server = fakeServer(echo, {
      methods: {
        initialize: (_params, instance) => {
          instance.crash();
          return new Promise(() => {});
        },
      },
    });
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    expect((await client.refusal("tools/list")).reason).toBe("upstream_start_failed");
    expect(methodsOf(runtime.last)).toEqual(["initialize"]);
  });
});

describe("where each request goes by itself", () => {
  test("a server of both eras is used in the modern one", async () => {
    const server = modernServer(echo, { perRequest: true, methods: { initialize: legacyHandshake } });
    const { answer, methods } = await life(server);
    expect(answer).toBe("hi");
    expect(methods[0]).toBe("server/discover");
    expect(methods).not.toContain("initialize");
  });

  test("a legacy server is found out by its refusal", async () => {
    const { answer, methods } = await life(fakeServer(echo, { perRequest: true }));
    expect(answer).toBe("hi");
    expect(first(methods)).toEqual(["server/discover", "initialize"]);
  });

  test.each([
    ["upstream_protocol_error", "http_404", true],
    ["upstream_closed", "http_500", true],
    ["upstream_closed", "reset", true],
    ["upstream_auth_required", "http_401", false],
    ["upstream_start_failed", "connect", false],
    ["upstream_backoff", "http_429", false],
  ] as const)("after %s (%s) the handshake is tried: %s", async (reason, detail, isTried) => {
    const server = fakeServer(echo, {
      perRequest: true,
      beforeSend(message) {
        if (!("method" in message) || message.method !== "server/discover") return;
        throw new OmgError(reason, { detail, message: `refused with ${detail}` });
      },
    });
    const { answer, methods } = await life(server);
    expect(answer === "hi").toBe(isTried);
    expect(methods.includes("initialize")).toBe(isTried);
    if (!isTried) expect(answer).toContain(detail);
  });
});

describe("the era of a server is remembered", () => {
  test("so that the next start tries no other", async () => {
    const { store, remembered } = storeOf();
    await life(modernServer(echo), store);
    expect(remembered()).toBe("modern");
    expect((await life(modernServer(echo), store)).methods[0]).toBe("server/discover");
    const other = storeOf();
    await life(fakeServer(echo, { perRequest: true }), other.store);
    expect(other.remembered()).toBe("legacy");
    expect((await life(fakeServer(echo, { perRequest: true }), other.store)).methods[0]).toBe("initialize");
  });

  test("and corrected when the server has been replaced by one of the other", async () => {
    const { store, remembered } = storeOf();
    await life(modernServer(echo), store);
    const { answer, methods } = await life(fakeServer(echo), store);
    expect(answer).toBe("hi");
    expect(first(methods)).toEqual(["server/discover", "initialize"]);
    expect(remembered()).toBeUndefined();
    expect(first((await life(modernServer(echo), store)).methods)).toEqual(["initialize", "server/discover"]);
    expect(remembered()).toBe("modern");
  });

  test("and forgotten when the server dies of it", async () => {
    const { store, remembered } = storeOf();
    await life(modernServer(echo), store);
    const deadly = modernServer(echo, {
      methods: {
        "server/discover": (_params, instance) => {
          instance.crash();
          return new Promise(() => {});
        },
      },
    });
    await life(deadly, store);
    expect(remembered()).toBeUndefined();
  });

  test("though the store fails", async () => {
    const fails = () => Promise.reject(new Error("disk full"));
    const store = { get: fails, set: fails, delete: fails };
    expect((await life(modernServer(echo), store)).answer).toBe("hi");
  });

  test("and a store that hangs delays the start by no more than a second", async () => {
    const store = {
      ...memoryStore(),
      get: (key: string) =>
        key.startsWith("core.eras") ? new Promise<undefined>(() => {}) : Promise.resolve(undefined),
    };
    const { gateway, clock } = await testGateway({ a: modernServer(echo) }, {}, {}, {}, store);
    const client = await TestClient.connect(gateway, "a");
    const answer = client.call("echo");
    await clock.advance(1000);
    expect(await answer).toBe("hi");
  });
});

describe("an entry that states the era", () => {
  test.each([
    ["modern", fakeServer(echo), ["server/discover"]],
    ["legacy", modernServer(echo), ["initialize"]],
    ["legacy", modernServer(echo, { perRequest: true }), ["initialize"]],
  ])("%s has no other tried", async (era, server, methods) => {
    const { store, remembered } = storeOf();
    const done = await life(server, store, { era });
    expect(done.answer).not.toBe("hi");
    expect(done.methods).toEqual(methods);
    expect(remembered()).toBeUndefined();
  });

  test("auto is as if it said nothing", async () => {
    expect((await life(modernServer(echo), memoryStore(), { era: "auto" })).answer).toBe("hi");
  });
});
