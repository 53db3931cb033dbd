import { pinsOf } from "../../src/pins/tool-pins.ts";
import type { PinLock, ServerPins } from "../../src/pins/types.ts";
import { readItems } from "../../src/runtime/json-items.ts";
import type { Params } from "../../src/runtime/transport.ts";
import { type FakeServer, fakeServer, text } from "./fake-runtime.ts";

export interface DefinedServer {
  readonly server: FakeServer;
  /** What it lists from now on. */
  tools: readonly Params[];
  /** Names of the tools that were called. */
  readonly called: string[];
}

/** A server that lists whatever the test wants, and notes the calls that reach it. */
export function definedServer(...tools: readonly Params[]): DefinedServer {
  const called: string[] = [];
  const defined: DefinedServer = {
    tools,
    called,
    server: fakeServer(
      {},
      {
        methods: {
          "tools/list": () => ({ tools: defined.tools }),
          "tools/call": ({ name }) => {
            called.push(String(name));
            return text(String(name));
          },
          "prompts/get": () => ({ messages: [] }),
        },
      },
    ),
  };
  return defined;
}

/** A tool as it is defined. */
export function tool(name: string, description = `Does ${name}`): Params {
  return { name, description, inputSchema: { type: "object" } };
}

export function pinsFor(...tools: readonly Params[]): ServerPins {
  return pinsOf(readItems(Buffer.from(JSON.stringify({ tools })), 0, "tools", "name").items);
}

export function lockFor(servers: Readonly<Record<string, readonly Params[]>>): PinLock {
  return { servers: new Map(Object.entries(servers).map(([id, tools]) => [id, pinsFor(...tools)])) };
}
