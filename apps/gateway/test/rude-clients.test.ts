import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { rawPost } from "./support/raw-http.ts";

const callOf = (name: string, args: object) => {
  const call = { server_id: "a", method: "tools/call", params: { name, arguments: args } };
  return rawPost("/mcp", ["Host: localhost"], JSON.stringify(call));
};
const big = callOf("big", { bytes: 3_000_000 });
const listen = "GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";

/** So many clients leave at each of the moments. */
const each = 5;

/** What clients send before they leave, and whether they wait for the first bytes of an answer. */
const departures = {
  "without a word": ["", false],
  "in the head of a request": [big.slice(0, 40), false],
  "in its body": [big.slice(0, -10), false],
  "before the answer": [callOf("sleep", { ms: 100 }), false],
  "when the answer is being written": [big, false],
  "in the middle of the answer": [big, true],
  "with one request behind the other": [big.repeat(3), true],
  "from an event stream": [listen, true],
} as const;

async function leaving(port: number, sent: string, waits: boolean): Promise<void> {
  const socket: Socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(sent);
  if (waits) await once(socket, "data");
  // At once, with what is unread: the other side learns it while it writes.
  socket.resetAndDestroy();
}

test("clients that leave at any moment end nothing but their own requests", async () => {
  using sandbox = new Sandbox();
  await using gateway = await RunningGateway.start(sandbox, ["--catalog", sandbox.catalog({ a: [] })]);
  const port = Number(new URL(gateway.url).port);
  await gateway.call("a", "echo");
  for (const [sent, waits] of Object.values(departures)) {
    await Promise.all(Array.from({ length: each }, () => leaving(port, sent, waits)));
    expect(await gateway.call("a", "echo", { text: "on" })).toBe("on");
  }
  // Those of this test's own client stay.
  const left = async () => {
    const { connections, sessions } = await gateway.json("/stats");
    return Number(connections) + Number(sessions);
  };
  await expect.poll(left, { timeout: 10_000 }).toBeLessThan(each);
  expect(gateway.log.filter(({ level }) => level === "error")).toEqual([]);
  expect(await gateway.stop()).toBe(0);
}, 60_000);
