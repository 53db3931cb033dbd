import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readEnvFiles } from "../src/container/env-file.ts";

const folder = mkdtempSync(join(tmpdir(), "omg-env-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

test.each([
  ["", {}],
  ["A=1\nB=2\n", { A: "1", B: "2" }],
  ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
  ["# A=0\n\n   # B=0\n  C=3", { C: "3" }],
  ["A=\"quoted\"\nB='too'\nC=$A ${A}", { A: '"quoted"', B: "'too'", C: "$A ${A}" }],
  ["A=b=c\nB=\nC= d ", { A: "b=c", B: "", C: " d " }],
  ["A=1 # no comment", { A: "1 # no comment" }],
  ["\uFEFFA=1", { A: "1" }],
  ["A=1\nA=2", { A: "2" }],
  ["a.b-c=ä", { "a.b-c": "ä" }],
  ["__proto__=x", Object.fromEntries([["__proto__", "x"]])],
])("%j is read as docker reads it", async (text, variables) => {
  const read = await readEnvFiles("tested", [file(text)]);
  expect(Object.entries(read)).toEqual(Object.entries(variables));
});

test("later files go before earlier ones", async () => {
  expect(await readEnvFiles("tested", [file("A=1\nB=1"), file("B=2\nC=2")])).toEqual({
    A: "1",
    B: "2",
    C: "2",
  });
});

test.each([
  ["A=1\nnonsense", 2],
  ["=value", 1],
  ["A =1", 1],
  ["\n\nexport A=1", 3],
  ["A=\0", 1],
])("%j is refused, with the line and without its text", async (text, line) => {
  const path = file(text);
  await expect(readEnvFiles("tested", [path])).rejects.toMatchObject({
    reason: "upstream_start_failed",
    detail: "env_file",
    message: `Server 'tested' did not start: line ${line} of env_file ${JSON.stringify(path)} is not NAME=value. Correct the file, or "env_file".`,
  });
});

test("what is no file, not there, or too large is refused", async () => {
  const inside = join(folder, "folder");
  mkdirSync(inside);
  const refusals = [
    [inside, "is no file"],
    ["/dev/zero", "is no file"],
    [join(folder, "missing"), "can not be read (ENOENT)"],
    [file("A=".padEnd(1024 * 1024 + 1, "x")), "is larger than 1 MiB"],
  ] as const;
  for (const [path, why] of refusals)
    await expect(readEnvFiles("tested", [path])).rejects.toThrow(
      `env_file ${JSON.stringify(path)} ${why}. Correct`,
    );
});

function file(text: string): string {
  const path = join(folder, `${++files}.env`);
  writeFileSync(path, text);
  return path;
}
