import { setTimeout as pass } from "node:timers/promises";
import { expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";

const timeouts = { request_timeout_seconds: 2, idle_timeout_seconds: 3, health_check_interval_seconds: 1 };

let lastId = 0;

interface Answer {
  readonly session: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects
  readonly message: any;
}

/** A request of a client with a session, answered. */
async function ask(url: string, session: string | null, method: string, params: object): Promise<Answer> {
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...(session === null ? {} : { "mcp-session-id": session }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: ++lastId, method, params }),
  });
  return { session: response.headers.get("mcp-session-id"), message: await response.json() };
}

test("a gateway that was stopped for a while goes on as if no time had passed", async () => {
  using sandbox = new Sandbox();
  sandbox.catalog({ busy: [], idle: [] });
  const config = sandbox.write("config.yaml", { catalog_path: "catalog.yaml", ...timeouts });
  await using gateway = await RunningGateway.start(sandbox, ["--config", config]);
  const { url, process: child } = gateway;
  const clientInfo = { name: "test", version: "1" };
  const hello = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  const { session } = await ask(url, null, "initialize", hello);
  const call = async (name: string, args: object) => {
    const { message } = await ask(url, session, "tools/call", { name, arguments: args });
    return message.result?.content[0].text ?? message;
  };
  const pids = await Promise.all(["busy", "idle"].map((server) => call(`${server}__pids`, {})));
  const sleeping = call("busy__sleep", { ms: 1_500 });
  // It stands behind the other one in the pipe.
  await call("busy__echo", {});
  child.kill("SIGSTOP");
  // Longer than any of the timeouts.
  await pass(4_000);
  child.kill("SIGCONT");
  expect(await sleeping).toBe("slept 1500 ms");
  expect(await Promise.all(["busy", "idle"].map((server) => call(`${server}__pids`, {})))).toEqual(pids);
  expect(gateway.log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  // Then it is idle for once, and time passes again.
  await gateway.logged("Server stopped", "idle");
}, 60_000);
