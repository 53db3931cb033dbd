import type { StartRequest } from "@omg/core/runtime";
import * as v from "valibot";
import type { DockerOptions } from "../../src/options.ts";
import { dockerOptions } from "../../src/options.ts";

/** Answers every request with nothing, and ends with its input. */
const script = `while read -r line; do
  case $line in
    *'"id":'*) id=\${line#*'"id":'}; echo "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":\${id%%[,\\}]*},\\"result\\":{}}" ;;
  esac
done`;

/** An entry whose server is a few lines of shell: of all containers one that starts soonest. */
export const stubServer = {
  image: "omg-test/busybox:1",
  command: "sh",
  args: ["-c", script],
  network: "none",
  pull: "never",
  stop_timeout: 1,
} as const;

/** A request as core makes it. */
export function startRequest(
  options: Record<string, unknown>,
  changes: Partial<StartRequest<DockerOptions>> = {},
): StartRequest<DockerOptions> {
  const none = new Map<string, string>();
  return {
    server: "tested",
    instanceId: crypto.randomUUID(),
    owner: crypto.randomUUID(),
    options: v.parse(dockerOptions, options),
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: () => {},
    progress: () => {},
    store: {
      get: async (key) => none.get(key),
      set: async (key, value) => void none.set(key, value),
      delete: async (key) => void none.delete(key),
    },
    ...changes,
  };
}
