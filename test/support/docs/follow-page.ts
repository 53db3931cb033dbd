import { expect } from "vitest";
import { type Block, fileOf, type Step, stepsOf } from "./blocks.ts";
import { comparable, isSameOutput } from "./same-output.ts";
import type { Terminal } from "./terminal.ts";

/** What `npm start` does. */
export const quickStart = "omg serve --config examples/quick-start/config.yaml";

/** Does what a reader would do with the blocks of a page, one after the other; each command must print what is shown. */
export async function followPage(terminal: Terminal, blocks: readonly Block[]): Promise<void> {
  for (const block of blocks) await follow(terminal, block);
  expect(await terminal.stop(), "the gateway's exit code").toBe(0);
}

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
    const output = await terminal.serve(command.replace(/^npm start$/, quickStart), (text) =>
      isSameOutput(shown, text),
    );
    if (!isSameOutput(shown, output)) expect(comparable(output), where).toBe(comparable(shown));
    return;
  }
  const { output, code } = await terminal.run(command);
  if (!isSameOutput(shown, output)) expect(comparable(output), where).toBe(comparable(shown));
  expect(code, where).toBe(0);
}
