import { fileURLToPath } from "node:url";
import { scripted } from "../../apps/gateway/test/support/omg.ts";
import { EvilHttpServer } from "../evil/evil-http-server.ts";
import { shellServer } from "../support/shell-server.ts";

const honest = fileURLToPath(new URL("../evil/server/main.ts", import.meta.url));

/** What a client may know of a server. */
export interface SoakServer {
  readonly id: string;
  /** Whether each session has a process of its own. */
  readonly isOwn: boolean;
  readonly entry: { readonly id: string; readonly [key: string]: unknown };
}

/** The catalog; `remotes` stand behind URLs. The first are called most, the last become idle all the time. */
export function soakServers(mark: string, remotes: readonly EvilHttpServer[]): readonly SoakServer[] {
  const env = { SOAK: mark };
  const shells = times(10, (at) =>
    shellServer(`shell${at}`, {}, { env, idle_timeout_seconds: 1 + (at % 2) }),
  );
  const nodes = times(4, (at) => ({ id: `node${at}`, runtime: scripted(), env, idle_timeout_seconds: 3 }));
  const far = remotes.map(({ runtime }, at) => ({ id: `far${at}`, runtime, idle_timeout_seconds: 2 }));
  const own = times(3, (at) => shellServer(`own${at}`, {}, { env, scope: "session" }));
  return [...own, ...far, ...nodes, ...shells].map((entry) => ({
    id: entry.id,
    isOwn: entry.id.startsWith("own"),
    entry,
  }));
}

export function startRemotes(mark: string): Promise<EvilHttpServer[]> {
  return Promise.all(times(3, () => EvilHttpServer.start(honest, "honest", mark)));
}

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
