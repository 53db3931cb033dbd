import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { bins, run, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { processesWith } from "../../apps/gateway/test/support/processes.ts";
import { Containers } from "../support/containers.ts";
import type { Front, FrontName } from "../support/fronts/front.ts";
import { httpFront } from "../support/fronts/http-front.ts";
import { modernFront } from "../support/fronts/modern-front.ts";
import { stdioFront } from "../support/fronts/stdio-front.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { Bystander } from "./bystander.ts";
import type { EvilCase, Outcome, Upstream } from "./evil-case.ts";
import { evilContainer } from "./evil-container.ts";
import { EvilHttpServer } from "./evil-http-server.ts";
import { withRoom } from "./room.ts";
import { Stage, type StageParts } from "./stage.ts";
import { Witness } from "./witness.ts";

const server = fileURLToPath(new URL("./server/main.ts", import.meta.url));
/** Of the gateway's stop, in milliseconds: nobody makes it wait. */
const usualStopMs = { from: 0, to: 3000 };

export interface Trial {
  readonly evil: EvilCase;
  readonly upstream: Upstream;
  readonly front: FrontName;
}

/** Plays one case on a gateway of its own. Throws what was not as promised; gives what a user saw. */
export async function tryOut({ evil, upstream, front }: Trial): Promise<Outcome> {
  using sandbox = new Sandbox();
  // In the arguments of all servers and the environment of all that they start: what is left behind is found by it.
  const mark = randomUUID();
  await using remote = upstream === "http" ? await EvilHttpServer.start(server, evil.mode, mark) : undefined;
  const containers = upstream === "container" ? new Containers() : undefined;
  const inContainer = containers && evilContainer(evil.mode, mark, containers);
  const usual = remote?.runtime ?? inContainer ?? local(evil.mode, mark);
  const survivors = () => processesWith(mark).filter((pid) => pid !== remote?.pid);
  const config = sandbox.write("config.yaml", {
    hot_reload: false,
    request_timeout_seconds: 10,
    start_timeout_seconds: containers ? 30 : 10,
    ...evil.config,
    servers: [
      {
        id: "evil",
        env: { EVIL_MARK: mark },
        ...evil.entry,
        runtime: { ...usual, ...runtimeOf(evil) },
      },
      { id: "good", env: { EVIL_MARK: mark }, runtime: local("honest", mark) },
    ],
  });
  if (evil.isPinned) await pin(sandbox, config);
  const gateway = new GatewayProcess(sandbox, front === "stdio" ? "stdio" : "serve", config);
  try {
    const outcome = await play({ evil, upstream, front }, { gateway, containers, mark });
    const stopMs = await mustEndWell(gateway, evil);
    assert.deepEqual(survivors(), [], "processes were left behind");
    assert.deepEqual((await containers?.all()) ?? [], [], "containers were left behind");
    const { seen, next } = typeof outcome === "string" ? { seen: outcome } : outcome;
    return { seen, next: evil.stopMs ? `the gateway stopped in ${stopMs} ms` : next };
  } catch (error) {
    throw new Error(`${String(error)}\n${lastLines(gateway)}`, { cause: error });
  } finally {
    await gateway.stop();
    await containers?.removeAll();
    for (const pid of survivors()) process.kill(pid, "SIGKILL");
  }
}

async function play(
  { evil, upstream, front: name }: Trial,
  parts: Pick<StageParts, "gateway" | "containers" | "mark">,
): Promise<Outcome | string> {
  const { gateway } = parts;
  const witnesses: Witness[] = [];
  const another = async () => {
    assert.ok(witnesses.length === 0 || name !== "stdio", "stdio has one client");
    const witness = new Witness(await connect(name, gateway, evil.capabilities));
    witnesses.push(witness);
    return witness;
  };
  await using front = await another();
  let outcome: Outcome | string;
  {
    await using bystander = await Bystander.beside(front);
    outcome = await evil.play(new Stage({ ...parts, front, name, upstream, another }));
    assert.ok(gateway.isAlive, "the gateway ended");
    bystander.mustBeWell();
  }
  for (const witness of witnesses) witness.mustBeWell();
  return outcome;
}

/** Gives the milliseconds it took. */
async function mustEndWell(gateway: GatewayProcess, { stopMs = usualStopMs }: EvilCase): Promise<number> {
  const start = performance.now();
  assert.equal(await gateway.stop(), 0, "the gateway's exit code");
  const elapsedMs = Math.round(performance.now() - start);
  const isInTime = elapsedMs >= stopMs.from && elapsedMs <= withRoom(stopMs.to);
  assert.ok(isInTime, `the gateway stopped in ${elapsedMs} ms`);
  const faults = gateway.log.filter(({ message }) => message === "Internal error");
  assert.deepEqual(faults, []);
  return elapsedMs;
}

async function pin(sandbox: Sandbox, config: string): Promise<void> {
  const { code, stderr } = await run(sandbox, bins.omg, ["pin", "evil", "--config", config]);
  assert.equal(code, 0, stderr);
}

function lastLines(gateway: GatewayProcess): string {
  const lines = gateway.log.slice(-10).map((entry) => `  ${JSON.stringify(entry).slice(0, 300)}`);
  return ["The end of its log:", ...lines].join("\n");
}

function local(mode: string, mark: string): object {
  return { type: "local-process", command: process.execPath, args: [server, `--mode=${mode}`, mark] };
}

function runtimeOf({ entry }: EvilCase): object {
  return (entry as { runtime?: object } | undefined)?.runtime ?? {};
}

async function connect(front: FrontName, gateway: GatewayProcess, capabilities?: object): Promise<Front> {
  if (front === "stdio") return stdioFront(gateway.child, capabilities);
  const url = `${await gateway.url()}/mcp`;
  return front === "http" ? httpFront(url, capabilities) : modernFront(url, capabilities);
}
