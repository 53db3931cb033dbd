import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { bins, run, Sandbox } from "../../../apps/gateway/test/support/omg.ts";
import { until } from "../../../apps/gateway/test/support/processes.ts";
import { rawPost } from "../../../apps/gateway/test/support/raw-http.ts";
import { stdioFront } from "../../support/fronts/stdio-front.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { ms, timed } from "../support/figures.ts";
import { onGateway, Scene, scriptedServer } from "../support/scene.ts";

const stdioEnds: Row = {
  id: "R29",
  promise: "omg stdio ends with its client, however that goes, and leaves nothing",
  figure: "within 5 s, 0 survivors",
  async run() {
    const seen: string[] = [];
    for (const way of ["closes stdin", "breaks all pipes"] as const) seen.push(await endStdio(way));
    return seen.join("; ");
  },
};

async function endStdio(way: "closes stdin" | "breaks all pipes"): Promise<string> {
  using sandbox = new Sandbox();
  const scene = new Scene(sandbox);
  scene.catalog([scriptedServer("a", ["--grandchild", "session"])]);
  const child = spawn(process.execPath, [bins.omg, "stdio", "--catalog", scene.path("catalog.yaml")], {
    env: sandbox.env,
  });
  child.stderr.resume();
  child.stdin.on("error", () => {});
  const exited = once(child, "exit");
  const client = await stdioFront(child);
  await client.request("tools/call", { name: "a__echo", arguments: { text: "x" } });
  assert.equal(scene.processes.length, 2);
  const { ms: elapsed } = await timed(async () => {
    child.stdin.end();
    if (way === "breaks all pipes") for (const stream of child.stdio) stream?.destroy();
    await exited;
  });
  await until(() => scene.processes.length === 0, 5000);
  assert.ok(elapsed < 10_000, `it took ${ms(elapsed)}`);
  return `a client that ${way}: ended after ${ms(elapsed)}, nothing left`;
}

const takenPort: Row = {
  id: "R30",
  promise: "a port that is taken is said, and nothing is started",
  figure: "exit 5 within 1 s, naming the port",
  async run() {
    using sandbox = new Sandbox();
    const scene = new Scene(sandbox);
    scene.catalog([shellServer("a", { STARTS: scene.path("starts") })]);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const args = ["serve", "--catalog", scene.path("catalog.yaml"), "--listen-addr", `localhost:${port}`];
    const { value: end, ms: elapsed } = await timed(() => run(sandbox, bins.omg, args));
    server.close();
    assert.equal(end.code, 5);
    assert.match(end.stderr, new RegExp(`error\\[port_in_use\\].*${port}`));
    assert.deepEqual([scene.lines("starts"), scene.processes], [[], []]);
    // On a busy machine any program of Node takes its time.
    const { ms: any } = await timed(() => run(sandbox, bins.omg, ["--version"]));
    assert.ok(elapsed - any < 2000, `it took ${ms(elapsed)}, omg --version ${ms(any)}`);
    return `exit 5 after ${ms(elapsed)} (omg --version takes ${ms(any)}): ${end.stderr.trim()}`;
  },
};

const rudeClients: Row = {
  id: "R31",
  promise: "clients that vanish at any moment do not end the gateway, nor disturb others",
  figure: "0 ends, 0 faults in 500 connections cut in the middle of a call",
  run: () =>
    onGateway([scriptedServer("a")], async (scene) => {
      const { server } = JSON.parse(await scene.gateway.call("a", "pids"));
      const { hostname, port } = new URL(scene.gateway.url);
      for (let turn = 0; turn < 500; turn++) {
        const body = JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: { name: "big", arguments: { bytes: 300_000 } },
        });
        const request = rawPost("/rpc", ["Host: localhost", "X-Server-Id: a"], body);
        const socket = connect(Number(port), hostname);
        socket.on("error", () => {});
        // In the request, before the answer, and in the answer.
        socket.write(turn % 3 === 0 ? request.slice(0, (turn * 7) % request.length) : request, () => {
          if (turn % 3 < 2) socket.destroy();
        });
        socket.once("data", () => socket.destroy());
        await once(socket, "close");
      }
      assert.equal(JSON.parse(await scene.gateway.call("a", "pids")).server, server);
      return "500 of 500 cut, the gateway and its server are the same processes";
    }),
};

export const gatewayLife: readonly Row[] = [stdioEnds, takenPort, rudeClients];
