import assert from "node:assert/strict";
import { textOf } from "../../support/answers.ts";
import { inMemory, received, receivedSoon } from "../checks.ts";
import type { EvilCase } from "../evil-case.ts";
import type { Stage } from "../stage.ts";

const mostMegabytes = 128;
/** Questions of servers that may wait for one client at once. */
const mostQuestions = 32;

/** Servers that say too much, or ask at the wrong moment: the call goes well all the same. */
export const floods: readonly EvilCase[] = [
  {
    id: "E25",
    mode: "sampling-flood",
    upstreams: ["stdio", "http"],
    async play(stage) {
      await survives(stage);
      const refusals = (await received(stage)).filter(isAnswer);
      assert.ok(refusals.length > 0, "the server was left without any answer");
      for (const refusal of refusals)
        assert.match(refusal, /-32601.*has not declared the capability sampling/);
      assert.deepEqual(stage.front.heard, [], "the client was asked what it can not answer");
      return `normal result, ${refusals.length} refusals`;
    },
  },
  {
    id: "E25",
    mode: "sampling-flood",
    what: "the same, of a client that can be asked",
    upstreams: ["stdio"],
    fronts: ["http", "stdio"],
    capabilities: { sampling: {} },
    async play(stage) {
      await survives(stage);
      const asked = stage.front.heard.filter(({ method }) => method === "sampling/createMessage");
      assert.equal(asked.length, mostQuestions);
      const refusals = (await received(stage)).filter(isAnswer);
      assert.ok(
        refusals.some((refusal) => /-31007.*questions of servers wait/.test(refusal)),
        refusals[0],
      );
      return `normal result, ${asked.length} questions`;
    },
  },
  {
    id: "E26",
    mode: "asks-out-of-turn",
    upstreams: ["stdio", "http"],
    capabilities: { elicitation: {} },
    async play(stage) {
      await stage.front.request("tools/list");
      await stage.works();
      const [refusal = "no answer"] = (await received(stage)).filter(isAnswer);
      assert.match(refusal, /-32601.*no session has a call in flight.*scope: session/);
      assert.deepEqual(questions(stage), []);
      return "nobody is asked, the server gets -32601";
    },
  },
  {
    id: "E26",
    mode: "asks-amid-two-calls",
    upstreams: ["stdio"],
    fronts: ["http"],
    capabilities: { elicitation: {} },
    async play(stage) {
      await stage.works();
      await using other = await stage.another();
      const answers = await Promise.all([
        stage.call("misbehave"),
        other.request("tools/call", { name: "evil__misbehave", arguments: {} }),
      ]);
      for (const answer of answers)
        assert.match(textOf(answer), /-32601.*several sessions have calls in flight.*scope: session/);
      assert.deepEqual([...questions(stage), ...other.heard], []);
      return "nobody is asked, the server gets -32601";
    },
  },
  {
    id: "E27",
    mode: "ping-storm",
    upstreams: ["stdio", "http"],
    async play(stage) {
      await survives(stage);
      const answers = (await receivedSoon(stage, (all) => all.filter(isAnswer).length === 550)).filter(
        isAnswer,
      );
      const pongs = answers.filter((what) => what === "answer {}");
      const refusals = answers.filter((what) => what.includes("-32601"));
      assert.deepEqual([pongs.length, refusals.length], [500, 50]);
      assert.deepEqual(stage.front.heard, []);
      return `normal result, ${pongs.length} pings answered`;
    },
  },
  {
    id: "E32",
    mode: "progress-flood",
    upstreams: ["stdio", "http"],
    async play(stage) {
      await stage.works();
      const call = { name: "evil__misbehave", arguments: {}, _meta: { progressToken: "mine" } };
      const [answer] = await inMemory(stage, mostMegabytes, () => stage.front.request("tools/call", call));
      assert.equal(textOf(answer), "survived");
      const tokens = new Set(stage.front.heard.map(({ params }) => params?.progressToken));
      assert.deepEqual([...tokens], ["mine"], "progress of nobody reached the client");
      await stage.hasDropped(10_000);
      return { seen: `normal result, ${stage.front.heard.length} reports`, next: await stage.works() };
    },
  },
  {
    id: "E33",
    mode: "change-flood",
    upstreams: ["stdio", "http"],
    async play(stage) {
      await stage.front.request("tools/list");
      await survives(stage);
      const lists = (await received(stage)).filter((what) => what === "tools/list").length;
      assert.ok(lists <= mostLists, `the server was asked for its tools ${lists} times in two seconds`);
      const told = stage.front.heard.filter(
        ({ method }) => method === "notifications/tools/list_changed",
      ).length;
      assert.ok(told <= mostLists, `the client was told ${told} times in two seconds`);
      return `normal result, ${lists} lists`;
    },
  },
];

/** Of two seconds and a first one, with room. */
const mostLists = 6;

async function survives(stage: Stage): Promise<void> {
  const [said] = await inMemory(stage, mostMegabytes, () => stage.says("misbehave"));
  assert.equal(said, "survived");
  await stage.works();
}

function questions({ front }: Stage) {
  return front.heard.filter(({ id }) => id !== undefined);
}

function isAnswer(what: string): boolean {
  return what.startsWith("answer");
}
