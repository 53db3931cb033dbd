import { type Exit, type InstanceV1, lineTransport, logLines, type StartRequest } from "@omg/core/runtime";
import { within } from "../within.ts";
import type { Container } from "./container.ts";

/** From the end of its input to SIGTERM. */
const inputEndMs = 2_000;
/** Time for what a container has written to arrive. */
const lastWordsMs = 250;

/** Looks after a started container, with which one speaks over its stdin and stdout, until nothing of it is left. */
export function stdioInstance(container: Container, { log }: Pick<StartRequest<unknown>, "log">): InstanceV1 {
  const { connection, output, ended } = container;
  const outputEnded = new Promise<void>((end) => output.stdout.once("end", end));
  let stopping: Promise<void> | undefined;
  let because = "";

  logLines(output.stderr, (line) => log(line));
  const transport = lineTransport({
    input: output.stdout,
    output: connection,
    dropCutOff: true,
    onEnd: (byRequest) => void (byRequest ? stop() : endUnlessGone()),
  });
  const exited = ended.then(async ({ reason, detail }): Promise<Exit> => {
    await within(lastWordsMs, outputEnded);
    // One more turn of the event loop: what has arrived is read before the transport ends.
    await new Promise((next) => setImmediate(next));
    const isOurs = stopping !== undefined;
    void transport.close();
    return { reason: isOurs ? "stopped" : reason, detail: detail + because };
  });

  /** A container with which one can not speak any more is of no use, even if it runs on. */
  async function endUnlessGone(): Promise<void> {
    if ((await within(lastWordsMs, ended)) || stopping) return;
    because = " (ended because its connection had)";
    await container.remove();
  }

  function stop(): Promise<void> {
    stopping ??= climbDown();
    return stopping;
  }

  async function climbDown(): Promise<void> {
    connection.end();
    // A server that is blocked by a full pipe would not notice the end of its input.
    output.stdout.resume();
    if (!(await within(inputEndMs, ended))) await container.stop();
    await container.remove();
    await exited;
    connection.destroy();
  }

  return { id: container.id, transport, exited, [Symbol.asyncDispose]: stop };
}
