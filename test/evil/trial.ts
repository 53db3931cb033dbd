import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { processesWith } from "../../apps/gateway/test/support/processes.ts";
import type { Front, FrontName } from "../support/fronts/front.ts";
import { httpFront } from "../support/fronts/http-front.ts";
import { modernFront } from "../support/fronts/modern-front.ts";
import { stdioFront } from "../support/fronts/stdio-front.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { Bystander } from "./bystander.ts";
import type { EvilCase, Upstream } from "./evil-case.ts";
import { EvilHttpServer } from "./evil-http-server.ts";
import { Stage } from "./stage.ts";

const server = fileURLToPath(new URL("./server/main.ts", import.meta.url));

export interface Trial {
  readonly evil: EvilCase;
  readonly upstream: Upstream;
  readonly front: FrontName;
}

/** Plays one case on a gateway of its own. Throws what was not as promised; gives what a user saw. */
export async function tryOut({ evil, upstream, front }: Trial): Promise<string> {
  using sandbox = new Sandbox();
  // In the arguments of all servers and the environment of all that they start: what is left behind is found by it.
  const mark = randomUUID();
  await using remote = upstream === "http" ? await EvilHttpServer.start(server, evil.mode, mark) : undefined;
  const config = sandbox.write("config.yaml", {
    hot_reload: false,
    request_timeout_seconds: 10,
    start_timeout_seconds: 10,
    ...evil.config,
    servers: [
      {
        id: "evil",
        env: { EVIL_MARK: mark },
        ...evil.entry,
        runtime: { ...(remote ? remote.runtime : local(evil.mode, mark)), ...runtimeOf(evil) },
      },
      { id: "good", env: { EVIL_MARK: mark }, runtime: local("honest", mark) },
    ],
  });
  const gateway = new GatewayProcess(sandbox, front === "stdio" ? "stdio" : "serve", config);
  let seen: string;
  try {
    await using client = await connect(front, gateway);
    await using bystander = await Bystander.beside(client);
    seen = await evil.play(new Stage(client, front, upstream, gateway));
    assert.ok(gateway.isAlive, "the gateway ended");
    bystander.mustBeWell();
  } finally {
    const code = await gateway.stop();
    assert.equal(code, 0, `the gateway ended with ${code}`);
  }
  const faults = gateway.log.filter(({ message }) => message === "Internal error");
  assert.deepEqual(faults, []);
  const left = processesWith(mark).filter((pid) => pid !== remote?.pid);
  assert.deepEqual(left, [], "processes were left behind");
  return seen;
}

function local(mode: string, mark: string): object {
  return { type: "local-process", command: process.execPath, args: [server, `--mode=${mode}`, mark] };
}

function runtimeOf({ entry }: EvilCase): object {
  return (entry as { runtime?: object } | undefined)?.runtime ?? {};
}

async function connect(front: FrontName, gateway: GatewayProcess): Promise<Front> {
  if (front === "stdio") return stdioFront(gateway.child);
  const url = `${await gateway.url()}/mcp`;
  return front === "http" ? httpFront(url) : modernFront(url);
}
