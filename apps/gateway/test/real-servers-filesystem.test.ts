import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf } from "./support/real/feature.ts";
import { Party } from "./support/real/party.ts";
import { type Place, Stage } from "./support/real/servers.ts";

const server = "@modelcontextprotocol/server-filesystem";
const roots = "roots/list";
const fronts = ["http", "stdio"] as const;

/** Ann talks to all servers, Ben to this one only. */
describe.each(fronts)("server-filesystem with scope: session, over %s", (front) => {
  const { folder, stage } = stageWith("session");
  let ann: Party;
  let ben: Party;

  beforeAll(async () => {
    [ann, ben] = await Promise.all([
      connect(stage, { front, line: "SDK 1.x", root: folder("ann") }),
      connect(stage, { front, one: "files", line: "SDK 2.x", root: folder("ben") }),
    ]);
    await Promise.all([ann.tools(), ben.tools()]);
  }, 60_000);
  afterAll(() => stage[Symbol.asyncDispose](), 60_000);

  test("asks each client for its roots and serves these", async () => {
    await Promise.all([ann.isAsked(roots), ben.isAsked(roots)]);
    expect(await allowed(ann, "ann")).toBe(`Allowed directories:\n${folder("ann")}`);
    expect(await allowed(ben, "ben")).toBe(`Allowed directories:\n${folder("ben")}`);
  });

  test("shows each client its own files only, as the server itself does", async () => {
    const direct = stage.use(await Party.connect({ line: "SDK 1.x", target: stage.direct("files") }));
    direct.roots = rootsAt(folder("ann"));
    await direct.sdk.notify("notifications/roots/list_changed");
    await allowed(direct, "ann");
    const look = (party: Party, whose: string) =>
      party.call("read_text_file", { path: join(folder(whose), "note.txt") });
    expect(await look(ann, "ann")).toEqual(await look(direct, "ann"));
    expect(await look(ann, "ben")).toEqual(await look(direct, "ben"));
    expect(await look(ben, "ben")).toMatchObject({ structuredContent: { content: "of ben" } });
    expect(await look(ben, "ann")).toMatchObject({ isError: true });
  });

  test.each(["ann", "ben"])("asks again when a client says that its roots have changed: %s", async (who) => {
    const [changing, other] = who === "ann" ? [ann, ben] : [ben, ann];
    const before = { changing: changing.asked.length, other: other.asked.length };
    const whatOtherSees = textOf(await other.call("list_allowed_directories"));
    changing.roots = rootsAt(folder(`new-${who}`));
    await changing.sdk.notify("notifications/roots/list_changed");
    await changing.isAsked(roots, "", before.changing);
    expect(await allowed(changing, `new-${who}`)).toBe(`Allowed directories:\n${folder(`new-${who}`)}`);
    expect(textOf(await other.call("list_allowed_directories"))).toBe(whatOtherSees);
    expect(other.asked.length).toBe(before.other);
  });

  test("runs once for each client", () => {
    // And once for the direct one.
    expect(stage.running(server)).toHaveLength(3);
  });
});

describe.each(fronts)("server-filesystem with scope: shared, over %s", (front) => {
  const { folder, stage } = stageWith("shared");
  const parties: Party[] = [];

  beforeAll(async () => {
    const open = async (one: string | undefined) => {
      const party = await connect(stage, { front, one, line: "SDK 1.x", root: folder("ann") });
      await party.tools();
      parties.push(party);
    };
    await Promise.all([open(undefined), open("files")]);
  }, 60_000);
  afterAll(() => stage[Symbol.asyncDispose](), 60_000);

  test("serves the folders of its arguments and is never given anybody's roots", async () => {
    const ofArguments = `Allowed directories:\n${folder("arguments")}`;
    const path = join(folder("arguments"), "note.txt");
    for (const party of parties) {
      expect(textOf(await party.call("list_allowed_directories"))).toBe(ofArguments);
      await party.sdk.notify("notifications/roots/list_changed");
      expect(await party.call("read_text_file", { path })).toMatchObject({
        structuredContent: { content: "of arguments" },
      });
      expect(textOf(await party.call("list_allowed_directories"))).toBe(ofArguments);
    }
    expect(parties.flatMap(({ asked }) => asked)).toEqual([]);
    expect(parties).toHaveLength(2);
  });
});

/** A server that may read the folder `arguments`, beside folders of clients; each has a note. */
function stageWith(scope: "shared" | "session") {
  const stage = new Stage((sandbox) => ({
    files: { package: server, args: [join(sandbox.folder, "arguments")], scope },
  }));
  const folder = (name: string) => join(stage.sandbox.folder, name);
  for (const name of ["arguments", "ann", "ben", "new-ann", "new-ben"]) {
    mkdirSync(folder(name));
    writeFileSync(join(folder(name), "note.txt"), `of ${name}`);
  }
  return { stage, folder };
}

async function connect(
  stage: Stage,
  { root, line, ...place }: Place & { root: string; line: "SDK 1.x" | "SDK 2.x" },
): Promise<Party> {
  const target = await stage.target(place);
  const options = {
    line,
    target,
    roots: rootsAt(root),
    server: place.one === undefined ? "files" : undefined,
  };
  return stage.use(await Party.connect(options));
}

function rootsAt(folder: string) {
  return [{ uri: pathToFileURL(folder).href, name: "of the client" }];
}

/** What the server allows, once it has taken over roots whose end is known: it does so after it was answered. */
async function allowed(party: Party, end: string): Promise<string> {
  const late = performance.now() + 10_000;
  let text = "";
  do text = textOf(await party.call("list_allowed_directories"));
  while (!text.endsWith(`/${end}`) && performance.now() < late);
  return text;
}
