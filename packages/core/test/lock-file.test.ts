import { describe, expect, test } from "vitest";
import { formatDiagnostic, formatLock, parseLock } from "../src/config/index.ts";
import { setHash } from "../src/pins/tool-pins.ts";
import type { PinLock, ServerPins } from "../src/pins/types.ts";

const hash = (digit: string) => `sha256:${digit.repeat(64)}`;
const lockOf = (servers: Record<string, ServerPins>): PinLock => ({
  servers: new Map(Object.entries(servers)),
});
const pins: ServerPins = new Map([
  ["read", { hash: hash("1"), description: "Reads.\nA file, " }],
  ["list", { hash: hash("2") }],
]);

describe("a lock file", () => {
  test("comes back as it was written", () => {
    const text = formatLock(
      lockOf({ files: pins, "7": new Map(), "a: b": new Map([["<<", { hash: hash("3") }]]) }),
    );
    const { lock, diagnostics } = parseLock(text, "omg.lock.yaml");
    expect(diagnostics).toEqual([]);
    expect(lock.problem).toBeUndefined();
    expect(lock.servers.get("files")).toEqual(pins);
    expect([...lock.servers.keys()].sort()).toEqual(["7", "a: b", "files"]);
    expect(formatLock(lock)).toBe(text);
  });

  test("is in order, so that version control shows what has changed and no more", () => {
    const reversed = new Map([...pins].reverse());
    expect(formatLock(lockOf({ b: reversed, a: pins }))).toBe(formatLock(lockOf({ a: pins, b: pins })));
    expect(formatLock(lockOf({ files: pins }))).toBe(
      `# The tools of each server as they were accepted, by hashes of their definitions. Written by omg pin: do not edit.
# A set is the hash of all of a server's tools together. Keep this file with the configuration.
version: 1
servers:
  "files":
    set: ${setHash(pins)}
    tools:
      - name: "list"
        hash: ${hash("2")}
      - name: "read"
        hash: ${hash("1")}
        description:
          - "Reads."
          - "A file, "
`,
    );
  });

  test("takes names and descriptions of every kind", () => {
    const parts = [
      "\n",
      "\r\n",
      "\t",
      " ",
      "#",
      ": ",
      "- ",
      "'",
      '"',
      "\\",
      "${X}",
      "\u0000",
      "\u001b[2J",
      "\u202e",
      "\u2028",
    ];
    const more = [
      "__proto__",
      "~",
      "null",
      "0x1",
      "|",
      ">",
      "%",
      "@",
      "`",
      "\ud83d\ude02",
      "\ufeff",
      "---",
      "...",
    ];
    const texts = [...parts, ...more];
    const all = texts.flatMap((one) => texts.map((other) => one + other + one));
    const odd: ServerPins = new Map(all.map((text) => [text, { hash: hash("4"), description: text }]));
    const { lock, diagnostics } = parseLock(formatLock(lockOf({ odd })), "lock");
    expect(diagnostics).toEqual([]);
    expect(lock.servers.get("odd")).toEqual(odd);
  });

  test.each([
    ["nothing", "", /^lock:1:1: error: The file: /],
    ["half a file", formatLock(lockOf({ a: pins })).slice(0, 330), /^lock:\d+:\d+: error: /],
    ["no YAML", "version: [", /^lock:1:\d+: error: /],
    ["marks of a merge", `<<<<<<< ours\n${formatLock(lockOf({ a: pins }))}`, /^lock:\d+:\d+: error: /],
    ["another version", "version: 2\nservers: {}\n", /^lock:1:1: error: version: /],
    ["an unknown key", "version: 1\nservers: {}\nserver: {}\n", /^lock:3:1: error: Unknown key "server"\./],
    [
      "no hash",
      `version: 1\nservers:\n  a:\n    set: x\n    tools: []\n`,
      /^lock:4:5: error: servers\.a\.set: must be sha256: /,
    ],
    [
      "another set than its tools",
      formatLock(lockOf({ a: pins })).replace(hash("1"), hash("9")),
      /^lock:6:5: error: The pins of server 'a' do not go together: /,
    ],
    [
      "a tool twice",
      formatLock(lockOf({ a: pins })).replace('name: "list"', 'name: "read"'),
      /^lock:6:5: error: The pins of server 'a' do not go together: /,
    ],
  ])("with %s is refused, with its place", (_, text, problem) => {
    const { lock, diagnostics } = parseLock(text, "lock");
    expect(formatDiagnostic(diagnostics[0] as (typeof diagnostics)[number])).toMatch(problem);
    expect(diagnostics.every(({ severity }) => severity === "error")).toBe(true);
    expect(lock.problem).toMatch(/^its pins can not be read: lock:\d+:\d+: /);
  });
});
