import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { connectionLimit } from "../src/machine/connection-limit.ts";
import { bins, RunningGateway, Sandbox } from "./support/omg.ts";
import { isRunning } from "./support/processes.ts";

/** Runs what follows with 64 files to be open at most; Node itself takes 20 of them. */
const scarce = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"];

async function started(sandbox: Sandbox, servers: number) {
  // What each of them starts has left its process group, so that it must be looked for.
  const args = ["--grandchild", "session"];
  const entries = Array.from({ length: servers }, (_, index) => [`s${index}`, args] as const);
  const catalog = sandbox.catalog(Object.fromEntries(entries));
  return RunningGateway.start(sandbox, ["--catalog", catalog], {}, bins.omg, scarce);
}

async function opened(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {}).resume();
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

/** Resolves when a connection has ended, whichever way. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

describe.concurrent("a gateway that may have few files open", () => {
  test("gives half of them to clients, and answers again once they leave", async () => {
    using sandbox = new Sandbox();
    await using gateway = await started(sandbox, 1);
    const sockets: Socket[] = [];
    for (let count = 0; count < 60; count++) sockets.push(await opened(gateway.url));
    expect(await gateway.logged("Too many connections: further ones are closed")).toMatchObject({
      level: "warn",
      limit: 32,
    });
    await Promise.all(sockets.slice(32).map(closed));
    expect(sockets.slice(0, 32).filter(({ destroyed }) => destroyed)).toEqual([]);
    for (const socket of sockets.slice(0, 32)) {
      socket.end();
      await closed(socket);
    }
    expect(await gateway.json("/stats")).toMatchObject({ connections: 1, closed_connections: 28 });
    expect(await gateway.call("s0", "echo", { text: "still here" })).toBe("still here");
  });

  test("says so of servers that find none, serves the others, and starts them when there are some", async () => {
    using sandbox = new Sandbox();
    await using gateway = await started(sandbox, 20);
    let running = 0;
    let refusal: unknown;
    for (; refusal === undefined; running++) {
      const answer = await gateway.rpc(`s${running}`, "tools/call", { name: "echo" });
      refusal = answer.result === undefined ? answer : undefined;
    }
    const last = `s${--running}`;
    expect(refusal).toMatchObject({
      reason: "overloaded",
      message: expect.stringMatching(/EMFILE.*ulimit -n/),
    });
    expect(running).toBeGreaterThan(5);
    expect(await gateway.call("s0", "echo", { text: "warm" })).toBe("warm");
    // More clients than there are files are no end of the front either.
    const sockets: Socket[] = [];
    for (let count = 0; count < 20; count++) sockets.push(await opened(gateway.url));
    for (const socket of sockets) socket.destroy();
    // A start takes eight files for a moment, and three from then on.
    for (const id of ["s1", "s2", "s3"]) {
      const { grandchild } = JSON.parse(await gateway.call(id, "pids"));
      expect(isRunning(grandchild)).toBe(true);
      await gateway.json(`/servers/${id}/stop`, { method: "POST" });
      expect(isRunning(grandchild)).toBe(false);
    }
    const freed = performance.now();
    let answer: Record<string, unknown>;
    do answer = await gateway.rpc(last, "tools/call", { name: "echo" });
    while (answer.result === undefined && performance.now() - freed < 15_000);
    expect(answer.result).toBeDefined();
  });
});

test("where the system does not tell how many files there may be, there are enough", () => {
  expect(connectionLimit("/nowhere")).toBe(2_048);
});
