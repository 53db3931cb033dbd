import { fileURLToPath } from "node:url";
import { type ScriptedServer, scriptedServer } from "@omg/runtime-testkit";
import type { DockerOptions } from "../../src/options.ts";

export type Way = DockerOptions["transport"];

/** How the gateway speaks with servers in containers. */
export const ways: readonly Way[] = ["stdio", "http"];

const bridge = fileURLToPath(new URL("../fixtures/http-bridge.mjs", import.meta.url));

/** The options that run the scripted server with these arguments in a container. */
export function scriptedContainer(way: Way, ...args: readonly string[]) {
  return containerOf(way, scriptedServer(...args));
}

export function containerOf(way: Way, { file, args }: ScriptedServer) {
  const isStdio = way === "stdio";
  return {
    image: "omg-test/node:1",
    pull: "never",
    command: "node",
    args: [isStdio ? "/kit/scripted-server.mjs" : "/kit/http-bridge.mjs", ...args],
    volumes: [
      `${file}:/kit/scripted-server.mjs:ro`,
      ...(isStdio ? [] : [`${bridge}:/kit/http-bridge.mjs:ro`]),
    ],
    stop_timeout: 2,
    ...(isStdio ? { network: "none" } : { transport: "http", port: 8080 }),
  };
}
