import { type AnswerCheck, checked, holds } from "../client/conversation.ts";
import { StdioClient } from "../client/stdio-client.ts";
import { processTree } from "../measure/processes.ts";
import { fixtureFile, isFixture, type Launcher } from "./launcher.ts";
import type { RunningTarget, TargetName } from "./target.ts";

export interface StdioTargetOptions {
  readonly name: TargetName;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its home, temporary files and state are. Default: a new one. */
  readonly home?: string;
  /** What a tool of the fixture is called here. Default: as the fixture calls it. */
  readonly tool?: (name: string) => string;
}

/** Starts a program that speaks MCP over its stdin and stdout: all lanes share its one pipe. */
export async function launchStdioTarget(
  launcher: Launcher,
  { name, command, args, home, tool = (text) => text }: StdioTargetOptions,
): Promise<RunningTarget> {
  const child = launcher.launchPiped(command, args, { home });
  const client = new StdioClient(child);
  await client.open();
  const calls = (lanes: number, method: string, params: object, check: AnswerCheck) => {
    const written = JSON.stringify(params);
    return Array.from({ length: lanes }, () => async () => {
      checked(await client.send(method, written), check);
    });
  };
  const pid = child.pid ?? 0;
  return {
    name,
    async open(lanes) {
      return {
        tool: (text, args, check) => calls(lanes, "tools/call", { name: tool(text), arguments: args }, check),
        list: (check = holds('"tools"')) => calls(lanes, "tools/list", {}, check),
        countTools: () => Promise.reject(new Error("Over stdio tools are not counted")),
        async [Symbol.asyncDispose]() {},
      };
    },
    openSessions: () => Promise.reject(new Error("A pipe is one session")),
    own: () => processTree(pid).filter((process) => !isFixture(process)),
    fixtures: () => processTree(pid).filter(isFixture).length,
    [Symbol.asyncDispose]: () => launcher.stop(child),
  };
}

/** The fixture, with nothing in front. */
export function launchDirect(launcher: Launcher): Promise<RunningTarget> {
  return launchStdioTarget(launcher, { name: "direct", command: process.execPath, args: [fixtureFile] });
}
