import { fileURLToPath } from "node:url";

/** How to run the scripted server: `node <file> <args>`. */
export interface ScriptedServer {
  /** Absolute path of the server's file: plain JavaScript for Node, without dependencies. */
  readonly file: string;
  /** What stands behind the file on the command line. */
  readonly args: readonly string[];
}

/** The scripted server with these arguments; the README lists them. */
export function scriptedServer(...args: readonly string[]): ScriptedServer {
  return { file: fileURLToPath(new URL("./scripted-server.mjs", import.meta.url)), args };
}
