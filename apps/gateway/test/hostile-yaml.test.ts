import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningGateway, Sandbox, scripted } from "./support/omg.ts";

const entry = "servers:\n  - id: a\n    runtime: { type: local-process, command: x }\n";
const bomb = [..."abcdefgh"]
  .map(
    (name, at, names) =>
      `${name}: &${name} [${Array(9)
        .fill(at === 0 ? "x" : `*${names[at - 1]}`)
        .join()}]\n`,
  )
  .join("");

/** Files that somebody wrote to do harm, or in haste; where they are wrong, and what is said of it. */
const corpus: Readonly<Record<string, readonly [text: string, place: string, words: string]>> = {
  "aliases that multiply": [bomb, "1:1", "Excessive alias count"],
  "an alias of what it stands in": ["servers: &a [*a]\n", "1:1", "The file is nested deeper than 40 levels"],
  "an alias of nothing": ["servers: *a\n", "1:1", "Unresolved alias"],
  "a million open brackets": ["[".repeat(1_000_000), "1:1", "The file is nested deeper than 40 levels"],
  "a hundred thousand open braces": [
    `servers: ${"{a: ".repeat(100_000)}`,
    "1:1",
    "The file is nested deeper than 40 levels",
  ],
  "dashes on one line": ["- ".repeat(400_000), "1:1", "The file is nested deeper than 40 levels"],
  "41 levels of indentation": [
    Array.from({ length: 50 }, (_, at) => `${" ".repeat(at)}a:\n`).join(""),
    "1:1",
    "The file is nested deeper than 40 levels",
  ],
  "more than a mebibyte": [`# ${"x".repeat(2 ** 20)}`, "1:1", "it is larger than 1048576 bytes"],
  "a million empty lines": ["\n".repeat(1_000_000), "1:1", "The file holds more than 250000 YAML tokens"],
  "sixty thousand values": [
    `servers: [${"1,".repeat(60_000)}1]\n`,
    "1:1",
    "The file holds more than 50000 values",
  ],
  "a key twice": ["servers: []\nservers: []\n", "2:1", "Map keys must be unique"],
  "a key twice, once in quotes": [`${entry}    "id": b\n`, "4:5", "Map keys must be unique"],
  "two documents": ["servers: []\n---\nservers: []\n", "2:1", "Source contains multiple documents"],
  "a tab": ["servers:\n\t- id: a\n", "2:1", "Tabs are not allowed as indentation"],
  "an open quote": ['servers: "a\n', "2:1", 'Missing closing "quote'],
  "an open bracket": ["servers: [\n", "2:1", "end with a ]"],
  "an escape that is none": ['servers: "\\q"\n', "1:11", "Invalid escape sequence"],
  "a merge": ["x-base: &b { servers: [] }\n<<: *b\n", "2:1", 'Unknown key "<<".'],
  "a tag of JavaScript": [
    "servers: !!js/function 'function () { process.exit(1) }'\n",
    "1:1",
    '"servers" must be a list',
  ],
  "a tag of Python": [
    "servers: !!python/object/apply:os.system ['touch pwned']\n",
    "1:43",
    "Server at index 0 missing required field: id",
  ],
  "binary data": ["servers: !!binary aGk=\n", "1:1", '"servers" must be a list'],
  "a prototype": ["__proto__: { polluted: 1 }\nservers: []\n", "1:1", 'Unknown key "__proto__".'],
  "a constructor": ["constructor: { prototype: { polluted: 1 } }\n", "1:1", 'Unknown key "constructor".'],
  "a list of nothing": ["servers: no\n", "1:1", '"servers" must be a list'],
  "a number for a list": ["servers: 0o17\n", "1:1", '"servers" must be a list'],
  "a sexagesimal number": ["servers: 190:20:30\n", "1:1", '"servers" must be a list'],
  "a misspelt key": ["server: []\n", "1:1", 'Did you mean "servers"?'],
  "no map": ["- a\n", "1:1", "The file must be a map of keys and values"],
  "a lone word": ["servers\n", "1:1", "The file must be a map of keys and values"],
  "a byte that is no text": ["servers: \u0000\n", "1:1", '"servers" must be a list'],
  "an id that is a list": [
    "servers:\n  - id: [a]\n    runtime: { type: local-process, command: x }\n",
    "2:5",
    "Server at index 0 missing required field: id",
  ],
  "an entry that is none": ["servers: [a]\n", "1:11", "Server at index 0 missing required field: id"],
};

describe("a gateway that runs", () => {
  const sandbox = new Sandbox();
  let gateway: RunningGateway;

  beforeAll(async () => {
    sandbox.write("config.yaml", { hot_reload: false, catalog_path: "catalog.yaml" });
    sandbox.write("catalog.yaml", { servers: [{ id: "good", runtime: scripted() }] });
    gateway = await RunningGateway.start(sandbox, []);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    sandbox[Symbol.dispose]();
  });

  test.each(Object.entries(corpus))(
    "says where the catalog is wrong that becomes %s, and serves the last good one",
    async (_what, [text, place, words]) => {
      sandbox.write("catalog.yaml", text);
      const { message, reason } = await gateway.json("/admin/reload", { method: "POST" });
      expect(reason).toBe("config_invalid");
      expect(message).toContain(`: catalog.yaml:${place}: `);
      expect(message).toContain(words);
      expect(await gateway.call("good", "echo", { text: "still here" })).toBe("still here");
    },
  );
});
