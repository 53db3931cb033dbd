import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "../../../apps/gateway/test/support/processes.ts";
import { textOf } from "../../support/answers.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { ms } from "../support/figures.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

const idleMs = 1000;
const servers = Array.from({ length: 100 }, (_, at) => `s${at}`);

const edgeOfIdleness: Row = {
  id: "R20",
  promise: "a call that comes when its server is about to stop for idleness is not lost",
  figure: "0 lost of 2,000 calls, 1 s ± 15 ms apart (100,000 by the history checker, on its own clock)",
  run(size) {
    const turns = size === "gate" ? 8 : 20;
    return onGateway(
      (scene) =>
        servers.map((id) =>
          shellServer(id, { STARTS: scene.path("starts") }, { idle_timeout_seconds: idleMs / 1000 }),
        ),
      async (scene) => {
        await Promise.all(servers.map((id, at) => callAtTheEdge(scene, id, at, turns)));
        const calls = turns * servers.length;
        const starts = scene.lines("starts").length;
        // Both must have happened for the edge to have been met.
        assert.ok(starts > servers.length && starts < calls, `${starts} starts for ${calls} calls`);
        return `${calls} of ${calls} answered, by ${starts} processes`;
      },
    );
  },
};

/** Around the edge in steps of a millisecond, a different way for each server. */
async function callAtTheEdge(scene: Scene, id: string, at: number, turns: number): Promise<void> {
  const client = await scene.client(eras[at % 2] ?? "legacy", id);
  for (let turn = 0; turn < turns; turn++) {
    const text = `${id} ${turn}`;
    const answer = await client.request("tools/call", { name: "echo", arguments: { text } });
    assert.equal(textOf(answer), text);
    await delay(idleMs - 15 + ((turn * 7 + at * 3) % 31));
  }
}

const openStream: Row = {
  id: "R21",
  promise: "an open stream without traffic keeps no server awake",
  figure: "stopped 1 s after its idle timeout at the latest",
  run: () =>
    onGateway([scriptedServer("quiet", [], { idle_timeout_seconds: 1 })], async (scene) => {
      const url = `${scene.gateway.url}/servers/quiet/mcp`;
      const opened = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize }),
      });
      await opened.text();
      const headers = {
        accept: "text/event-stream",
        "mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
      };
      const request = get(url, { headers });
      const [stream] = await once(request, "response");
      assert.equal(stream.statusCode, 200);
      stream.resume();
      let streamEnded = false;
      stream.on("close", () => {
        streamEnded = true;
      });
      const { server } = JSON.parse(await scene.gateway.call("quiet", "pids"));
      const start = performance.now();
      await scene.gateway.logged("Server stopped", "quiet");
      const elapsed = performance.now() - start;
      assert.ok(!isRunning(server) && !streamEnded);
      request.destroy();
      assert.ok(elapsed > 900 && elapsed < 4000, `it stopped after ${ms(elapsed)}`);
      return `stopped after ${ms(elapsed)} with the stream open, idle timeout 1 s`;
    }),
};

const initialize = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "promises", version: "1" },
};

export const idle: readonly Row[] = [edgeOfIdleness, openStream];
