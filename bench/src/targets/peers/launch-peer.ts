import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { launchHttpTarget } from "../http-target.ts";
import type { Launcher } from "../launcher.ts";
import type { PeerName, RunningTarget } from "../target.ts";
import { peers } from "./peers.ts";

/** A peer that is installed. */
export interface InstalledPeer {
  readonly name: PeerName;
  readonly command: string;
}

/** Starts a peer in front of one fixture. */
export async function launchPeer(
  launcher: Launcher,
  { name, command }: InstalledPeer,
): Promise<RunningTarget> {
  const home = launcher.newHome();
  const port = await freePort();
  return launchHttpTarget(launcher, { name, command, home, port, ...peers[name].start(home, port) });
}

/** None of them can be told to take one by itself and to say which. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
