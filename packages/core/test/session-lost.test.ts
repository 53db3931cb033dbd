import { describe, expect, test } from "vitest";
import { OmgError } from "../src/runtime/errors.ts";
import type { JsonRpcMessage } from "../src/runtime/transport.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";

/** A server that forgets its session so many times, with the first call of each session. */
function forgetting(times: number, executed: "no" | "unknown" = "no") {
  let left = times;
  const calls: string[] = [];
  const server = fakeServer(
    {
      echo: (args) => {
        calls.push(String(args.text));
        return text(String(args.text));
      },
      wait: () => new Promise(() => {}),
    },
    {
      beforeSend(message: JsonRpcMessage) {
        const isEcho =
          "method" in message && message.method === "tools/call" && message.params?.name === "echo";
        if (!isEcho || left === 0) return;
        left--;
        throw forgotten(executed);
      },
    },
  );
  return { server, calls };
}

function forgotten(executed: "no" | "unknown"): OmgError {
  return new OmgError("upstream_closed", { detail: "session_lost", executed, message: "forgotten" });
}

describe("a server that has forgotten the session", () => {
  test("is asked again in a new one, once, and at once", async () => {
    const { server, calls } = forgetting(1);
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    expect(await client.call("echo", { text: "x" })).toBe("x");
    expect(calls).toEqual(["x"]);
    expect(runtime.starts).toBe(2);
    expect(runtime.running).toBe(1);
  });

  test("is not left alone for it, however often it happens, as long as each session was of use", async () => {
    let attempts = 0;
    const server = fakeServer(
      { echo: (args) => text(String(args.text)) },
      {
        beforeSend(message: JsonRpcMessage) {
          const isCall = "method" in message && message.method === "tools/call";
          if (isCall && ++attempts % 3 === 0) throw forgotten("no");
        },
      },
    );
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    for (let call = 1; call <= 7; call++)
      expect(await client.call("echo", { text: call })).toBe(String(call));
    expect(runtime.starts).toBe(4);
  });

  test("is asked no third time", async () => {
    const { server, calls } = forgetting(2);
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({ reason: "upstream_closed" });
    expect(calls).toEqual([]);
    expect(runtime.starts).toBe(2);
  });

  test("is not asked again if it may have done what it was asked", async () => {
    const { server, calls } = forgetting(1, "unknown");
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({ executed: "unknown" });
    expect(calls).toEqual([]);
    expect(runtime.starts).toBe(1);
  });

  test("has forgotten the other calls too, and nobody knows whether they were executed", async () => {
    const { server } = forgetting(1);
    const { gateway } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    const waiting = client.refusal("tools/call", { name: "wait" });
    expect(await client.call("echo", { text: "x" })).toBe("x");
    expect(await waiting).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
  });
});
