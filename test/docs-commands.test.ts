import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeWithEngine } from "../packages/runtime-docker/test/support/engine.ts";
import { type Block, blocksIn, blocksOf, fileOf, pages, type Step, stepsOf } from "./support/docs/blocks.ts";
import { comparable, isSameOutput } from "./support/docs/same-output.ts";
import { Terminal } from "./support/docs/terminal.ts";
import { repositoryRoot } from "./support/workspace.ts";

const start = "omg serve --config examples/quick-start/config.yaml";
const atATerminal = pages.filter((page) => blocksOf(page).some(({ language }) => language === "console"));
const withContainers = ["docs/runtimes/docker.md"];

describe("the commands that a page shows, one after the other, print what it shows", () => {
  test.each(atATerminal.filter((page) => !withContainers.includes(page)))("%s", printWhatIsShown, 120_000);

  test("are found", () => {
    expect(atATerminal).toEqual(
      expect.arrayContaining(["README.md", "docs/getting-started.md", ...withContainers]),
    );
  });

  test("start the example's gateway with `npm start`", () => {
    const script = (path: string) =>
      (JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as { scripts: { start: string } }).scripts
        .start;
    expect(script("package.json")).toMatch(/run --filter @omg\/gateway start$/);
    const shown = start.replace(/^omg /, "node src/bin/omg.mjs ").replace("examples", "../../examples");
    expect(script("apps/gateway/package.json")).toBe(shown);
  });
});

describeWithEngine("the commands of a page that run containers print what it shows", () => {
  test.each(withContainers)("%s", printWhatIsShown, 120_000);
});

async function printWhatIsShown(page: string): Promise<void> {
  await using terminal = await Terminal.open();
  for (const block of blocksOf(page)) await follow(terminal, block);
  expect(await terminal.stop(), "the gateway's exit code").toBe(0);
}

/** Does what a reader would do with a block. */
async function follow(terminal: Terminal, block: Block): Promise<void> {
  const file = fileOf(block);
  if (file !== undefined) await terminal.write(file, block.text);
  if (block.language !== "console") return;
  for (const step of stepsOf(block))
    await take(terminal, step, `${block.page}:${step.line}: $ ${step.command}`);
}

async function take(terminal: Terminal, { command, shown }: Step, where: string): Promise<void> {
  const isServer = /^(?:npm start|omg serve)\b/.test(command);
  if (isServer) {
    const output = await terminal.serve(command.replace(/^npm start$/, start), (text) =>
      isSameOutput(shown, text),
    );
    if (!isSameOutput(shown, output)) expect(comparable(output), where).toBe(comparable(shown));
    return;
  }
  const { output, code } = await terminal.run(command);
  if (!isSameOutput(shown, output)) expect(comparable(output), where).toBe(comparable(shown));
  expect(code, where).toBe(0);
}

describe("the reading of pages", () => {
  const [block] = blocksIn("a.md", "# One\n\n```console\n$ a \\\n    b\nprinted\n\n$ c\n```\n") as [Block];

  test("knows commands of several lines, what they print, and where they stand", () => {
    expect(block).toMatchObject({ heading: "One", line: 3, language: "console" });
    expect(stepsOf(block)).toEqual([
      { command: "a \\\n    b", shown: "printed\n\n", line: 4 },
      { command: "c", shown: "", line: 8 },
    ]);
  });

  test("takes outputs for the same that differ in times, ids and the layout of JSON alone", () => {
    const time = "2026-11-23T03:35:48.072Z";
    expect(isSameOutput("read at 2001-01-01T00:00:00.000Z\n", `read at ${time}`)).toBe(true);
    expect(isSameOutput('{\n  "a": [1, 2]\n}\nHTTP 200\n', '{"a":[1,2]}\nHTTP 200')).toBe(true);
    expect(isSameOutput("a\n…\nd\n", "a\nb\nc\nd\n")).toBe(true);
    expect(isSameOutput("a\n…\nd\n", "a\nb\nc\n")).toBe(false);
    expect(isSameOutput('{"a": 1}', '{"a":2}')).toBe(false);
    expect(isSameOutput("", "an error")).toBe(false);
  });
});
