import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OmgError, type ServerPins, type ToolPin } from "@omg/core";
import { describe, expect, test } from "vitest";
import { type PinOutcome, pinJson, pinProblems, pinText } from "../src/commands/pin-report.ts";
import { ConfigFiles } from "../src/configuration/config-files.ts";
import { readLock } from "../src/pins/lock-file.ts";
import { Sandbox } from "./support/omg.ts";

const pin = (digit: string, description?: string): ToolPin => ({
  hash: `sha256:${digit.repeat(64)}`,
  description,
});
const pins = (tools: Record<string, ToolPin>): ServerPins => new Map(Object.entries(tools));
const differing = (old: ToolPin, now: ToolPin): PinOutcome => ({
  server: "s",
  old: pins({ a: old }),
  now: pins({ a: now }),
  accepted: false,
});

describe("what omg pin tells", () => {
  test("of a description are the lines that differ, with every character to be seen", () => {
    const outcome = differing(pin("1", "One\nTwo\nThree"), pin("2", "One\nTw\u200bo \u001b[2J\nNew\nThree"));
    expect(pinText([outcome])).toBe(
      `s  differs, 1 changed, 0 added, 0 removed
  ~ a  sha256:111111111111 → sha256:222222222222
      - "Two"
      + "Tw\\u200bo \\u001b[2J"
      + "New"
To accept: omg pin --approve s
`,
    );
  });

  test("says that something else differs where the description does not", () => {
    const outcome = differing(pin("1", "Same"), pin("2", "Same"));
    expect(pinText([outcome])).toContain("\n      its title, schemas or annotations\n");
  });

  test("of servers that failed goes where errors go", () => {
    const problem = new OmgError("upstream_start_failed", { message: "It does not start" });
    const outcome = { server: "s", problem, accepted: false };
    expect(pinText([outcome])).toBe("");
    expect(pinProblems([outcome])).toBe("s  error[upstream_start_failed]: It does not start\n");
    expect(JSON.parse(pinJson("lock", [outcome])).servers).toEqual([
      {
        id: "s",
        state: "failed",
        set: {},
        problem: { reason: "upstream_start_failed", message: problem.message },
      },
    ]);
  });
});

test("a lock that is a folder can not be read, and is none that does not exist", () => {
  using sandbox = new Sandbox();
  const path = join(sandbox.folder, "omg.lock.yaml");
  expect(readLock(new ConfigFiles(), path)).toEqual({ lock: { servers: new Map() }, diagnostics: [] });
  mkdirSync(path);
  const { lock, diagnostics } = readLock(new ConfigFiles(), path);
  expect(diagnostics).toMatchObject([
    { severity: "error", message: `The lock file ${path} can not be read: it is a folder` },
  ]);
  expect(lock.problem).toBe(`its pins can not be read: ${path}: it is a folder`);
});
