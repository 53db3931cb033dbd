import { holds } from "../client/conversation.ts";
import { HttpConnection } from "../client/http-connection.ts";
import { allAtOnce } from "../client/load.ts";
import { cpuMsOf, descriptorsOf, residentMbOf } from "../measure/processes.ts";
import { median, slope } from "../measure/statistics.ts";
import { launchGateway } from "../targets/gateway.ts";
import type { HttpTarget } from "../targets/http-target.ts";
import { type Lab, launch, type Scenario } from "./scenario.ts";

/** One server that is started by a call and stopped, again and again: what that takes, and what stays. */
export const churnScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  await using gateway = await launchGateway(launcher, { omg });
  await using lanes = await gateway.open(1, 1);
  const calls = lanes.tool("echo", { text: "up" }, holds("up"));
  const start = async () => {
    const elapsed = await allAtOnce(calls);
    await stopServer(gateway);
    return elapsed;
  };
  // The first ones compile what starts and stops.
  for (let count = 0; count < sizes.churn; count++) await start();
  const own = gateway.own();
  const descriptors = descriptorsOf(own);
  const memory: [number, number][] = [[0, residentMbOf(own) * 1024]];
  for (let round = 1; round <= sizes.fewRounds; round++) {
    const before = cpuMsOf(own);
    const times = [];
    for (let count = 0; count < sizes.churn; count++) times.push(await start());
    results.add("churn start", "gateway", median(times));
    results.add("churn cpu", "gateway", (cpuMsOf(own) - before) / sizes.churn);
    memory.push([round * sizes.churn, residentMbOf(own) * 1024]);
    results.add("churn start", "direct", await startDirectly(lab));
  }
  results.add("churn memory", "gateway", slope(memory));
  results.add("churn descriptors", "gateway", descriptorsOf(own) - descriptors);
  results.add("churn left", "gateway", gateway.fixtures());
};

async function stopServer({ port }: HttpTarget): Promise<void> {
  using connection = await HttpConnection.open(port);
  const fields = `host: 127.0.0.1:${port}\r\ncontent-length: 0`;
  const { status } = await connection.send(`POST /servers/fixture1/stop HTTP/1.1\r\n${fields}\r\n\r\n`);
  if (status !== 200) throw new Error(`The server was not stopped: status ${status}`);
}

/** Milliseconds from the start of the server by itself to its first answer. */
async function startDirectly(lab: Lab): Promise<number> {
  const times = [];
  for (let count = 0; count < lab.sizes.churn; count++) {
    const before = performance.now();
    await using target = await launch(lab, "direct");
    await using lanes = await target.open(1, 1);
    await allAtOnce(lanes.tool("echo", { text: "up" }, holds("up")));
    times.push(performance.now() - before);
  }
  return median(times);
}
