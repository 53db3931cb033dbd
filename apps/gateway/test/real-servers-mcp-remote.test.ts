import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everythingStage, featuresIn } from "./support/real/everything.ts";
import { Course } from "./support/real/feature.ts";
import { Party } from "./support/real/party.ts";
import { programOf } from "./support/real/servers.ts";

const stage = everythingStage("session");
const everyFeature = featuresIn("session");
const line = "SDK 1.x";
const courses = new Map<string, Course>();
const ends = { "all servers": undefined, "one server": "everything" };

beforeAll(async () => {
  const direct = await Party.connect({ line, target: stage.direct("everything") });
  courses.set("itself", new Course(stage.use(direct), everyFeature));
  const open = async ([end, one]: [string, string | undefined]) =>
    courses.set(end, new Course(await connect(one), everyFeature));
  await Promise.all(Object.entries(ends).map(open));
}, 60_000);

afterAll(() => stage[Symbol.asyncDispose](), 60_000);

describe.each(Object.keys(ends))("a host behind mcp-remote, %s", (end) => {
  test.each(everyFeature)("$title", async (feature) => {
    const direct = await courses.get("itself")?.outcome(feature);
    const expected = end === "all servers" && feature.onAll ? feature.onAll(direct) : direct;
    expect(await courses.get(end)?.outcome(feature)).toEqual(expected);
  });
});

test("mcp-remote ends with its host", async () => {
  const party = await connect("everything");
  const before = stage.running("mcp-remote");
  await party[Symbol.asyncDispose]();
  expect([before.length, stage.running("mcp-remote").length]).toEqual([3, 2]);
});

async function connect(one: string | undefined): Promise<Party> {
  const address = String(await stage.target({ front: "http", one }));
  const own = { MCP_REMOTE_CONFIG_DIR: join(stage.sandbox.folder, "mcp-remote") };
  const target = stage.program(programOf("mcp-remote"), [address, "--allow-http"], own);
  const server = one === undefined ? "everything" : undefined;
  return stage.use(await Party.connect({ line, target, server }));
}
