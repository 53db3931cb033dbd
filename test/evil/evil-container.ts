import { fileURLToPath } from "node:url";
import type { Containers } from "../support/containers.ts";

const server = fileURLToPath(new URL("./server", import.meta.url));
/** It says that files of the server are modules. */
const manifest = fileURLToPath(new URL("../../package.json", import.meta.url));

/** The catalog's way to the evil server in a container of its own. */
export function evilContainer(mode: string, mark: string, { options }: Containers): object {
  return {
    type: "docker",
    ...options,
    image: "omg-test/node:1",
    pull: "never",
    command: "node",
    args: ["/evil/server/main.ts", `--mode=${mode}`, mark],
    volumes: [`${server}:/evil/server:ro`, `${manifest}:/evil/package.json:ro`],
    network: "none",
    // As long as a process gets.
    stop_timeout: 3,
  };
}
