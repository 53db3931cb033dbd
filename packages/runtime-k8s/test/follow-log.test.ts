import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Cluster } from "../src/cluster/cluster.ts";
import { followLog } from "../src/cluster/follow-log.ts";
import { FakeApiServer, type Fault, refused, says } from "./support/fake-api-server.ts";

let server: FakeApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await FakeApiServer.start();
  cluster = new Cluster({ config: server.config() });
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function follow(...answers: readonly Fault[]) {
  const lines: string[] = [];
  server.choose = () => answers[Math.min(server.asked.length, answers.length) - 1];
  const { promise: until, resolve: end } = Promise.withResolvers<void>();
  const target = { namespace: "ns", pod: "one", container: "server", everyMs: 100 };
  const done = followLog(cluster, { ...target, until, log: (line) => lines.push(line) });
  return { lines, end, done };
}

test("a log that breaks off is taken up again where it was, until its pod ends", async () => {
  const cut: Fault = (response) => response.write("first\n", () => response.socket?.destroy());
  const { lines, end, done } = follow(cut, refused(503, "away"), says("second\n", { staysOpen: true }));
  await vi.waitFor(() => expect(lines).toEqual(["first", "second"]));
  expect(server.asked.map(({ query }) => query)).toEqual([
    { container: "server", follow: "true" },
    { container: "server", follow: "true", sinceSeconds: "1" },
    { container: "server", follow: "true", sinceSeconds: "1" },
  ]);
  end();
  await done;
  expect(server.asked).toHaveLength(3);
});

test("a log that may not be read is asked for once", async () => {
  const { lines, done } = follow(refused(403, "pods/log is forbidden"));
  await done;
  expect(server.asked).toHaveLength(1);
  expect(lines).toEqual([]);
});

test("the log of a pod that has ended is read to its end, and then there is nothing to wait for", async () => {
  const { lines, end, done } = follow(says("last words\n"));
  end();
  const start = performance.now();
  await done;
  expect(lines).toEqual(["last words"]);
  expect(performance.now() - start).toBeLessThan(900);
});
