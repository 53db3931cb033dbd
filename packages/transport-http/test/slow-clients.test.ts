import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { call, closed, connectRaw, served, serverSide } from "./support/http.ts";
import { StubGateway, serverStatus } from "./support/stub-gateway.ts";

/** So many at once, each as slow as can be. */
const crowd = 200;
const head = "GET /health HTTP/1.1\r\nHost: localhost\r\n";

/** Connections that send a start, and then a letter now and then; each with what it is told until it is closed. */
function dripping(port: number, start: string): Promise<string>[] {
  const sockets = Array.from({ length: crowd }, () => connectRaw(port));
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write("x");
  }, 50);
  onTestFinished(() => clearInterval(timer));
  return sockets.map(async (socket) => {
    let told = "";
    socket.on("data", (chunk) => {
      told += chunk;
    });
    socket.write(start);
    await closed(socket);
    return told;
  });
}

describe(`${crowd} clients that are slow`, () => {
  it.each([
    ["to send their heads", `${head}X: `, 408],
    [
      "to send their bodies",
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      408,
    ],
  ])("%s are told so and closed, and a fresh one is answered meanwhile", async (_what, start, status) => {
    const { port, url, front } = await served({ limits: { headersMs: 1_000, requestMs: 1_000 } });
    const told = dripping(port, start);
    expect((await call(`${url}/health`)).status).toBe(200);
    for (const text of await Promise.all(told)) expect(text).toMatch(`HTTP/1.1 ${status} `);
    expect(front.counters()).toMatchObject({ connections: 0, waiting: 0 });
  });

  it("to say anything are closed", async () => {
    const { port, front } = await served({ limits: { headersMs: 500 } });
    const sockets = Array.from({ length: crowd }, () => connectRaw(port));
    await Promise.all(sockets.map(closed));
    expect(front.counters().connections).toBe(0);
  });

  it("to read are closed, whatever the route", async () => {
    const gateway = new StubGateway();
    let asked = 0;
    gateway.servers = () => {
      asked++;
      return [serverStatus("pg", { problem: "x".repeat(1_000_000) })];
    };
    const { port, front } = await served({ limits: { stallMs: 500 } }, gateway);
    for (let count = 0; count < 5; count++) {
      const socket = connectRaw(port);
      socket.on("error", () => {}).pause();
      // The answers are more than the socket buffers of both sides take.
      socket.write("GET /servers HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(15));
    }
    const isOver = () => asked >= 5 && front.counters().connections === 0;
    await expect.poll(isOver, { timeout: 15_000 }).toBe(true);
  });
});

describe("connections", () => {
  it("that are too many are closed at once, which is told, until others end", async () => {
    const events: unknown[] = [];
    const { port, url, front } = await served({
      limits: { connections: 2 },
      onEvent: (event) => events.push(event),
    });
    const [first, second] = [connectRaw(port), connectRaw(port)];
    await Promise.all([once(first, "connect"), once(second, "connect")]);
    for (let count = 1; count <= 2; count++) {
      const further = connectRaw(port);
      await closed(further);
      expect(front.counters()).toMatchObject({ connections: 2, closedConnections: count });
    }
    expect(events).toEqual([{ type: "http-connections-full", limit: 2 }]);
    first.end();
    await closed(first);
    expect((await call(`${url}/health`)).status).toBe(200);
  });

  it("that wait for an answer are left alone, however long it takes", async () => {
    const { url, gateway } = await served({ limits: { stallMs: 50 } });
    const answer = Promise.withResolvers<number>();
    gateway.warmServer = () => answer.promise;
    const response = serverSide("POST", "/servers/pg/warm");
    const reply = call(`${url}/servers/pg/warm`, { method: "POST" });
    await once(await response, "timeout");
    await new Promise((resolve) => setImmediate(resolve));
    answer.resolve(7);
    expect((await reply).json.tools).toBe(7);
  });
});
