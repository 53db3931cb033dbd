import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bins } from "./support/omg.ts";
import { Party, type PartyOptions } from "./support/real/party.ts";
import { Stage } from "./support/real/servers.ts";

const server = "@modelcontextprotocol/server-memory";
const uri = "memory://knowledge-graph";
const updated = "notifications/resources/updated";
const entity = (name: string) => ({ name, entityType: "person", observations: [`${name} is here`] });

const stage = new Stage(({ folder }) => ({
  memory: { package: server, env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } },
  other: { package: server, env: { MEMORY_FILE_PATH: join(folder, "other.jsonl") } },
}));
let direct: Party;
let all: Party;
let one: Party;
let bridged: Party;

beforeAll(async () => {
  const gateway = await stage.gateway();
  // So that both are known when addresses are given: they have the same resource.
  for (const id of ["memory", "other"]) await gateway.json(`/servers/${id}/warm`, { method: "POST" });
  const { env, ...program } = stage.direct("memory");
  const MEMORY_FILE_PATH = join(stage.sandbox.folder, "direct.jsonl");
  const bridge = ["stdio", "--gateway", gateway.url, "--server", "memory"];
  const open = async (options: PartyOptions) => stage.use(await Party.connect(options));
  [direct, all, one, bridged] = await Promise.all([
    open({ line: "SDK 1.x", target: { ...program, env: { ...env, MEMORY_FILE_PATH } } }),
    open({ line: "SDK 1.x", target: await stage.target({ front: "http" }), server: "memory" }),
    open({ line: "SDK 2.x", target: await stage.target({ front: "http", one: "memory" }) }),
    open({ line: "SDK 2.x", target: stage.program(bins.omg, bridge) }),
  ]);
}, 60_000);
afterAll(() => stage[Symbol.asyncDispose](), 60_000);

describe("server-memory", () => {
  test("remembers what one client tells it, for all clients of the shared instance", async () => {
    const args = { entities: [entity("Ann"), entity("Ben")] };
    expect(await all.call("create_entities", args)).toEqual(await direct.call("create_entities", args));
    const graph = await direct.call("read_graph");
    for (const party of [all, one, bridged]) expect(await party.call("read_graph")).toEqual(graph);
    expect(graph).toMatchObject({ structuredContent: { entities: [entity("Ann"), entity("Ben")] } });
    // Both servers of the catalog and the direct one.
    expect(stage.running(server)).toHaveLength(3);
  });

  test("keeps its resource apart from the same one of another server", async () => {
    const [resource] = (await direct.request("resources/list")).resources as object[];
    const addresses = ["omg:memory/", "omg:other/"].map((prefix) => prefix + uri);
    expect(await one.request("resources/list")).toEqual({ resources: [resource] });
    expect((await all.request("resources/list")).resources).toEqual(
      addresses.map((address) => ({ ...resource, uri: address })),
    );
    const { contents } = (await direct.request("resources/read", { uri })) as { contents: object[] };
    expect(await one.request("resources/read", { uri })).toEqual({ contents });
    const [address] = addresses;
    expect(await all.request("resources/read", { uri: address })).toEqual({
      contents: [{ ...contents[0], uri: address }],
    });
  });

  test("tells those who subscribed to its resource of changes by others", async () => {
    const address = `omg:memory/${uri}`;
    await one.request("resources/subscribe", { uri });
    await all.request("resources/subscribe", { uri: address });
    await bridged.call("create_entities", { entities: [entity("Cat")] });
    expect(await one.hears(updated)).toEqual({ uri });
    expect(await all.hears(updated)).toEqual({ uri: address });
    const before = all.heard.length;
    await one.request("resources/unsubscribe", { uri });
    await bridged.call("create_entities", { entities: [entity("Dan")] });
    await all.hears(updated, "", before);
    expect(one.heard.filter(({ method }) => method === updated)).toHaveLength(1);
    expect(bridged.heard.filter(({ method }) => method === updated)).toEqual([]);
  });

  test.each([undefined, "memory"])("has its memory again in a gateway over stdio (%s)", async (only) => {
    const target = await stage.target({ front: "stdio", one: only });
    const prefix = only === undefined ? { server: "memory" } : {};
    const later = stage.use(await Party.connect({ line: "SDK 1.x", target, ...prefix }));
    await later.tools();
    expect(await later.call("read_graph")).toEqual(await one.call("read_graph"));
  });
});
