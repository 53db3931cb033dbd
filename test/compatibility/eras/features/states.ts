import assert from "node:assert/strict";
import type { Json } from "../../clients/test-client.ts";
import type { EraCell } from "../cell.ts";
import type { EraException, EraTopic } from "../feature.ts";
import { callRaw, counted, refused, resultIn, textIn } from "./support.ts";

const tool = "test_counted_elicitation";
/** Its modern form gives out a state, which it does not without need. */
const sealedTool = "test_input_required_result_request_state";
const yes = { action: "accept", content: { ok: true } };

/** Clients with a session are asked for real. */
const asked: EraException = {
  at: { client: "legacy" },
  reason: "asked for real: its answers go into the open call",
  async check(cell) {
    const before = await counted(cell);
    const client = await cell.client();
    client.answers.set("elicitation/create", () => yes);
    await client.call(tool);
    assert.equal((await counted(cell)).done, before.done + (sharesServer(cell) ? 1 : 0));
  },
};

/** What a modern server gives a modern client to bring back is theirs. */
const theirs: EraException = {
  at: { server: "modern" },
  reason: "the server's own state, untouched: the server judges it",
  async check(cell) {
    const first = await ask(cell, sealedTool);
    // Other parameters are no fault: this server does not bind its states to them.
    const again = back(first, { arguments: { x: 1 } });
    assert.equal(textIn(await callRaw(cell, sealedTool, {}, again)), "state-ok");
  },
};

export const states: EraTopic = {
  title: "`requestState`: what brings an answer back to its call",
  features: [
    {
      id: "resume",
      title: "Brings the answer to the call that asked, over another connection, too",
      async check(cell) {
        const before = await counted(cell);
        const first = await ask(cell, tool);
        if (cell.place.server === "legacy" && cell.place.front === "http") {
          assert.equal((await cell.stats()).held_calls, 1);
        }
        // Over HTTP, each request of this client has a TCP connection of its own.
        const last = await callRaw(cell, tool, {}, back(first));
        assert.equal(textIn(last), `accept: ${before.done + 1}`);
        const rounds = cell.place.server === "modern" ? 2 : 1;
        assert.deepEqual(await counted(cell), { entered: before.entered + rounds, done: before.done + 1 });
        if (cell.place.front === "http") assert.equal((await cell.stats()).held_calls, 0);
      },
      except: [asked],
    },
    {
      id: "tampered",
      title: "Altered: refused, and nothing runs",
      async check(cell) {
        const before = await counted(cell);
        const first = await ask(cell, sealedTool);
        const requestState = String(first.requestState);
        for (const altered of [`${requestState.slice(0, -4)}AAAA`, requestState.slice(0, -6)]) {
          const answer = await callRaw(cell, sealedTool, {}, back(first, { requestState: altered }));
          refused(answer, -32602, /./);
        }
        assert.equal(textIn(await callRaw(cell, sealedTool, {}, back(first))), "state-ok");
        assert.deepEqual(await counted(cell), before);
      },
      except: [asked],
    },
    {
      id: "foreign",
      title:
        "Of another tool, other arguments, another endpoint or another gateway: refused, and nothing runs",
      async check(cell) {
        const first = await ask(cell, tool);
        const before = await counted(cell);
        const own = back(first);
        refused(await callRaw(cell, sealedTool, {}, own), -32602, /another caller or request/);
        refused(await callRaw(cell, tool, { x: 1 }, own), -32602, /another caller or request/);
        const server = "fragile";
        await using other = await cell.openRaw({ server });
        const params = { name: cell.name(tool, server), arguments: {}, ...own };
        refused(await other.ask("tools/call", params), -32602, /./);
        await using elsewhere = await cell.openRaw({ scope: "session" });
        const same = { name: cell.name(tool), arguments: {}, ...own };
        refused(await elsewhere.ask("tools/call", same), -32602, /./);
        assert.deepEqual(await counted(cell), before);
        assert.equal(textIn(await callRaw(cell, tool, {}, own)), `accept: ${before.done + 1}`);
      },
      except: [asked, theirs],
    },
    {
      id: "replayed",
      title: "Used before: refused, and nothing runs",
      async check(cell) {
        const first = await ask(cell, tool);
        textIn(await callRaw(cell, tool, {}, back(first)));
        const before = await counted(cell);
        refused(await callRaw(cell, tool, {}, back(first)), -32602, /over|before/);
        assert.deepEqual(await counted(cell), before);
      },
      except: [asked, theirs],
    },
    {
      id: "left-out",
      title: "Without the answer: asked again",
      async check(cell) {
        const before = await counted(cell);
        const first = await ask(cell, tool);
        const again = resultIn(await callRaw(cell, tool, {}, back(first, { inputResponses: {} })));
        assert.equal(again.resultType, "input_required");
        assert.deepEqual(
          Object.values(again.inputRequests as Json),
          Object.values(first.inputRequests as Json),
        );
        assert.equal(textIn(await callRaw(cell, tool, {}, back(again))), `accept: ${before.done + 1}`);
      },
      except: [asked],
    },
  ],
};

/** Calls a tool that needs input, and gives what it asks. */
async function ask(cell: EraCell, name: string): Promise<Json> {
  const result = resultIn(await callRaw(cell, name));
  assert.equal(result.resultType, "input_required");
  return result;
}

/** What a client sends when it comes back with a yes to everything. */
function back({ inputRequests, requestState }: Json, more: Json = {}): Json {
  const keys = Object.keys(inputRequests as Json);
  const inputResponses = Object.fromEntries(keys.map((key) => [key, yes]));
  return { inputResponses, ...(requestState === undefined ? {} : { requestState }), ...more };
}

/** Whether all clients of this place reach the same instance: over stdio, children are each gateway's own. */
function sharesServer({ place: { front, carrier } }: EraCell): boolean {
  return front === "http" || carrier === "remote";
}
