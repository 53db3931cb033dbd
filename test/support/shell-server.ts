import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("./shell-server.sh", import.meta.url));

/** What a shell server does beside answering; see shell-server.sh. */
export interface ShellServerManners {
  readonly STARTS?: string;
  readonly DIES?: string;
  readonly DIES_ONCE?: string;
  readonly CALLS?: string;
  readonly ANSWERS?: string;
}

/** The catalog's entry of a server that costs next to nothing. */
export function shellServer(id: string, manners: ShellServerManners = {}, more: object = {}) {
  const runtime = { type: "local-process", command: "/bin/sh", args: [file] };
  return { id, era: "legacy", runtime, env: { ...manners }, ...more };
}
