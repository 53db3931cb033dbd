import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { declaredIn, publicNames } from "./support/public-names.ts";
import { readWorkspace } from "./support/workspace.ts";

/** The entries of the libraries, from the root of the repository. */
const entries = readWorkspace()
  .filter(({ directory }) => directory.startsWith("packages/"))
  .flatMap(({ directory, manifest }) =>
    Object.values(manifest.exports ?? {})
      .filter((target) => typeof target === "string" && target.endsWith(".ts"))
      .map((target) => posix.join(directory, String(target))),
  );

const names = entries.flatMap(publicNames);
const documented = new Set(names.filter(({ doc }) => doc !== undefined).map(({ name }) => name));

describe("what a library exports, and each member of it", () => {
  test("is found, whatever file it comes from", () => {
    const found = names.map(({ name }) => name);
    const some = [
      "Gateway.connect",
      "GatewayOptions.onEvent",
      "RuntimeV1.start",
      "OmgError.is",
      "parseConfig",
    ];
    expect(found).toEqual(
      expect.arrayContaining([...some, "serveHttp", "LocalRuntimeOptions", "testRuntime"]),
    );
    expect(entries.length).toBeGreaterThanOrEqual(10);
  });

  test("says in an editor what it is for or what it owes", () => {
    const silent = names.filter(
      ({ doc, implemented }) => doc === undefined && !implemented.some((name) => documented.has(name)),
    );
    expect(silent.map(({ name, place }) => `${place} ${name}`)).toEqual([]);
  });

  test("says more than its name", () => {
    const empty = names.filter(({ name, doc }) => doc !== undefined && repeats(doc, name));
    expect(empty.map(({ name, place }) => `${place} ${name}`)).toEqual([]);
  });
});

describe("the search for doc comments", () => {
  const text = [
    "/** Of the file. */",
    "",
    'import type { Door } from "./door.ts";',
    "",
    "/**",
    " * Opens and",
    " * closes.",
    " */",
    "export class Gate implements Door, Wall {",
    "  readonly width: number;",
    "  /** In metres. */",
    "  height?: number;",
    "  #secret = 1;",
    "  constructor(width: number) {",
    "    this.width = width;",
    "  }",
    "  // Nobody reads this.",
    "  static open(",
    "    gate: Gate,",
    "  ): void {}",
    "}",
    "/* Not a doc comment. */",
    "export const gates: Gate[] = [];",
    "export default async function find() {}",
  ].join("\n");
  const docsOf = (name: string) => declaredIn("a.ts", text, name)?.map((item) => [item.name, item.doc]);

  test("finds those of declarations and of members, and no others", () => {
    expect(docsOf("Gate")).toEqual([
      ["Gate", "Opens and closes."],
      ["Gate.width", undefined],
      ["Gate.height", "In metres."],
      ["Gate.open", undefined],
    ]);
    expect(docsOf("gates")).toEqual([["gates", undefined]]);
    expect(docsOf("find")).toEqual([["find", undefined]]);
    expect(docsOf("Door")).toBeUndefined();
  });

  test("knows where a name stands, what it implements and whether it may be absent", () => {
    expect(declaredIn("a.ts", text, "Gate")?.[2]).toEqual({
      name: "Gate.height",
      place: "a.ts:12",
      doc: "In metres.",
      isOptional: true,
      implemented: ["Door.height", "Wall.height"],
    });
  });

  test.each([
    ["The server.", "ServerStatus.server", true],
    ["Its request count.", "requestCount", true],
    ["Starts one instance.", "RuntimeV1.start", false],
  ])("takes %j for a repetition of %s: %s", (doc, name, expected) => {
    expect(repeats(doc, name)).toBe(expected);
  });
});

/** Whether a comment has no word that the name has not. */
function repeats(doc: string, name: string): boolean {
  const own = wordsOf((name.split(".").at(-1) ?? "").replace(/[A-Z]/g, " $&"));
  return wordsOf(doc).every((word) => own.includes(word) || fillers.includes(word));
}

const fillers = ["a", "an", "the", "its", "of", "this"];

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\w+/g) ?? [];
}
