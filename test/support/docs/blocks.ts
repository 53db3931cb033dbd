import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../workspace.ts";

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** The heading it stands under. */
  readonly heading: string;
  /** Line of its first fence, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** What users read: every fenced block in it is run or checked. */
export const pages: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  ...globSync("docs/**/*.md", { cwd: repositoryRoot }).sort(),
];

export function readPage(page: string): string {
  return readFileSync(join(repositoryRoot, page), "utf8");
}

const headingOrFence = /^#{1,4} (.+)$|^```(.*)\n([\s\S]*?)^```$/gm;

export function blocksIn(page: string, markdown: string): Block[] {
  let heading = "";
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(headingOrFence)) {
    const [, title, language, text = ""] = match;
    if (title !== undefined) heading = title;
    else {
      const line = markdown.slice(0, match.index).split("\n").length;
      blocks.push({ page, heading, line, language: language ?? "", text });
    }
  }
  return blocks;
}

export function blocksOf(page: string): Block[] {
  return blocksIn(page, readPage(page));
}

/** The file that a YAML block shows, by the comment in its first line. */
export function fileOf({ language, text }: Block): "config.yaml" | "catalog.yaml" | undefined {
  const name = language === "yaml" ? /^# (config|catalog)\.yaml\n/.exec(text)?.[1] : undefined;
  return name === undefined ? undefined : (`${name}.yaml` as "config.yaml" | "catalog.yaml");
}

/** Whether it shows servers as a client's own configuration names them; each is started by a test of the app. */
export function isClientEntry({ language, text }: Block): boolean {
  return (language === "json" || language === "yaml") && /^(?:\{\s*")?mcpServers"?:/.test(text);
}

/** What stands at a terminal: a command after `$ `, lines of it that end with a backslash, and what it prints. */
export interface Step {
  readonly command: string;
  readonly shown: string;
  readonly line: number;
}

export function stepsOf(block: Block): Step[] {
  const steps: { command: string; shown: string; line: number }[] = [];
  let goesOn = false;
  for (const [index, line] of block.text.replace(/\n$/, "").split("\n").entries()) {
    const last = steps.at(-1);
    if (line.startsWith("$ ")) {
      steps.push({ command: line.slice(2), shown: "", line: block.line + 1 + index });
    } else if (last === undefined) {
      throw new Error(`${block.page}:${block.line}: the block must begin with "$ "`);
    } else if (goesOn) last.command += `\n${line}`;
    else last.shown += `${line}\n`;
    goesOn = line.endsWith("\\") && steps.at(-1)?.shown === "";
  }
  return steps;
}
