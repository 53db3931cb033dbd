import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HttpTargetOptions } from "../http-target.ts";
import { fixtureFile } from "../launcher.ts";
import type { PeerName } from "../target.ts";

/** How a gateway or bridge of others is put in front of one fixture. */
export interface Peer {
  /** How it is started in a home, on a port of this machine. */
  start(home: string, port: number): Pick<HttpTargetOptions, "args" | "entrance" | "ready">;
  /** Why sessions by the hundred can not be opened, if they can not. */
  readonly fewSessions?: string;
}

/** What runs the fixture. */
const server = { command: process.execPath, args: [fixtureFile, "--tools", "3"] } as const;

export const peers: Readonly<Record<PeerName, Peer>> = {
  "mcp-hub": {
    start(home, port) {
      const config = join(home, "servers.json");
      writeFileSync(config, JSON.stringify({ mcpServers: { fixture1: server } }));
      fillMarketplace(join(home, ".local/share/mcp-hub/cache"));
      return {
        args: ["--port", String(port), "--config", config],
        entrance: { path: "/mcp", transport: "sse", tool: (name) => `fixture1__${name}` },
        ready: /servers started successfully/,
      };
    },
  },
  "mcp-proxy": {
    start: (_, port) => ({
      args: [
        ...["--host", "127.0.0.1", "--port", String(port), "--server", "stream"],
        ...["--", server.command, ...server.args],
      ],
    }),
  },
  supergateway: {
    start: (_, port) => ({
      args: [
        ...["--stdio", [server.command, ...server.args].join(" "), "--outputTransport", "streamableHttp"],
        ...["--stateful", "--port", String(port), "--logLevel", "none"],
      ],
    }),
    fewSessions: "it starts a process of the server for each session",
  },
};

/** What mcp-hub otherwise fetches from the internet before it starts anything: a list of servers that one could install. */
function fillMarketplace(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const registry = { servers: [{ id: "none", name: "none" }] };
  writeFileSync(join(folder, "registry.json"), JSON.stringify({ registry, lastFetchedAt: Date.now() }));
}
