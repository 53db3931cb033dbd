import { StdioClient } from "../client/stdio-client.ts";
import type { Launcher } from "./launcher.ts";
import type { RunningTarget } from "./target.ts";

/** The fixture, with nothing in front: all lanes share its one pipe. */
export async function launchDirect(launcher: Launcher): Promise<RunningTarget> {
  const child = launcher.launchFixture();
  const client = new StdioClient(child);
  await client.open();
  const calls = (lanes: number, method: string, params: object) => {
    const written = JSON.stringify(params);
    return Array.from({ length: lanes }, () => async () => {
      await client.send(method, written);
    });
  };
  return {
    name: "direct",
    async open(lanes) {
      return {
        tool: (name, args) => calls(lanes, "tools/call", { name, arguments: args }),
        list: () => calls(lanes, "tools/list", {}),
        countTools: () => Promise.reject(new Error("The tools of the fixture are not counted")),
        [Symbol.dispose]() {},
      };
    },
    openSessions: () => Promise.reject(new Error("The fixture has no sessions")),
    own: () => [],
    fixtures: () => 1,
    [Symbol.asyncDispose]: () => launcher.stop(child),
  };
}
