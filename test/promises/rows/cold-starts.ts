import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bins, run, scripted } from "../../../apps/gateway/test/support/omg.ts";
import { textOf } from "../../support/answers.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { median, ms, timed } from "../support/figures.ts";
import { eras, onGateway, scriptedServer } from "../support/scene.ts";

const rounds = 10;

const overhead: Row = {
  id: "R22",
  promise: "the gateway adds little to the start of a server",
  figure: "30 ms more than the server's own start, by the median",
  run: () =>
    onGateway(
      Array.from({ length: rounds }, (_, at) => scriptedServer(`s${at}`, [], { era: "legacy" })),
      async (scene) => {
        const [alone, behind]: number[][] = [[], []];
        for (let round = 0; round < rounds; round++) {
          alone?.push((await timed(startAlone)).ms);
          behind?.push((await timed(() => scene.gateway.call(`s${round}`, "echo"))).ms);
        }
        const more = median(behind ?? []) - median(alone ?? []);
        assert.ok(more < 90, `${ms(more)} more`);
        return `${ms(median(alone ?? []))} alone, ${ms(median(behind ?? []))} behind the gateway`;
      },
    ),
};

/** Starts a server as a client would, up to its answer to initialize. */
async function startAlone(): Promise<void> {
  const { command, args } = scripted();
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "x", version: "1" } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
  await once(createInterface({ input: child.stdout }), "line");
  child.stdin.end();
}

const rememberedLists: Row = {
  id: "R23",
  promise: "what stopped servers offer is listed without starting them, also by the next gateway",
  figure: "500 servers within 100 ms, 0 started",
  run: () =>
    onGateway(
      (scene) =>
        Array.from({ length: 500 }, (_, at) => shellServer(`s${at}`, { STARTS: scene.path("starts") })),
      async (scene) => {
        await scene.gateway.stop();
        const warmed = await run(scene.sandbox, bins.omg, ["warm", "--config", scene.path("config.yaml")]);
        assert.equal(warmed.code, 0, warmed.stderr);
        const starts = scene.lines("starts").length;
        assert.equal(starts, 500);
        await scene.start();
        const seen: string[] = [];
        for (const era of eras) {
          const client = await scene.client(era);
          const { value, ms: first } = await timed(() => client.request("tools/list"));
          const { ms: second } = await timed(() => client.request("tools/list"));
          const { tools } = value.result as { tools: unknown[] };
          assert.equal(tools.length, 500);
          assert.ok(second < 300, `listing took ${ms(second)}`);
          seen.push(`${era} ${ms(first)}, then ${ms(second)}`);
        }
        assert.equal(scene.lines("starts").length, starts, "listing started servers");
        return `500 listed, 0 started: ${seen.join("; ")}`;
      },
    ),
};

const warmCalls: Row = {
  id: "R24",
  promise: "a call of a running server costs little",
  figure: "reported here only; npm run bench has the ratios",
  run: () =>
    onGateway([scriptedServer("warm")], async (scene) => {
      const seen: string[] = [];
      for (const era of eras) {
        const client = await scene.client(era);
        const elapsed: number[] = [];
        for (let turn = 0; turn < 500; turn++) {
          const call = { name: "warm__echo", arguments: { text: "x" } };
          const { value, ms } = await timed(() => client.request("tools/call", call));
          assert.equal(textOf(value), "x");
          elapsed.push(ms);
        }
        seen.push(`${era} ${ms(median(elapsed))}`);
      }
      return `one after the other, client and server included: ${seen.join(", ")} (median)`;
    }),
};

export const coldStarts: readonly Row[] = [overhead, rememberedLists, warmCalls];
