import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf } from "./support/real/feature.ts";
import { Party } from "./support/real/party.ts";
import { type Place, Stage } from "./support/real/servers.ts";

const server = "@modelcontextprotocol/server-filesystem";
const roots = "roots/list";
const places: (Place & { readonly title: string })[] = (["http", "stdio"] as const).flatMap((front) => [
  { front, title: `${front}, all servers` },
  { front, one: "files", title: `${front}, one server` },
]);

describe.each(places)("server-filesystem with scope: session, $title", (place) => {
  const { folder, stage } = stageWith("session");
  let ann: Party;
  let ben: Party;

  beforeAll(async () => {
    [ann, ben] = await Promise.all([
      connect(stage, { ...place, line: "SDK 1.x", root: folder("ann") }),
      connect(stage, { ...place, line: "SDK 2.x", root: folder("ben") }),
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

  test("asks again when a client says that its roots have changed", async () => {
    const before = [ann.asked.length, ben.asked.length];
    ann.roots = rootsAt(folder("new"));
    await ann.sdk.notify("notifications/roots/list_changed");
    await ann.isAsked(roots, "", before[0]);
    expect(await allowed(ann, "new")).toBe(`Allowed directories:\n${folder("new")}`);
    expect(await allowed(ben, "ben")).toBe(`Allowed directories:\n${folder("ben")}`);
    expect(ben.asked.length).toBe(before[1]);
  });

  test("runs once for each client", () => {
    // And once for the direct one.
    expect(stage.running(server)).toHaveLength(3);
  });
});

describe.each(places)("server-filesystem with scope: shared, $title", (place) => {
  const { folder, stage } = stageWith("shared");
  let party: Party;

  beforeAll(async () => {
    party = await connect(stage, { ...place, line: "SDK 1.x", root: folder("ann") });
    await party.tools();
  }, 60_000);
  afterAll(() => stage[Symbol.asyncDispose](), 60_000);

  test("serves the folders of its arguments and is never given anybody's roots", async () => {
    const ofArguments = `Allowed directories:\n${folder("arguments")}`;
    expect(textOf(await party.call("list_allowed_directories"))).toBe(ofArguments);
    await party.sdk.notify("notifications/roots/list_changed");
    const path = join(folder("arguments"), "note.txt");
    expect(await party.call("read_text_file", { path })).toMatchObject({
      structuredContent: { content: "of arguments" },
    });
    expect(textOf(await party.call("list_allowed_directories"))).toBe(ofArguments);
    expect(party.asked).toEqual([]);
  });
});

/** A server that may read the folder `arguments`, beside folders of clients; each has a note. */
function stageWith(scope: "shared" | "session") {
  const stage = new Stage((sandbox) => ({
    files: { package: server, args: [join(sandbox.folder, "arguments")], scope },
  }));
  const folder = (name: string) => join(stage.sandbox.folder, name);
  for (const name of ["arguments", "ann", "ben", "new"]) {
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
