import {
  type Exit,
  type InstanceV1,
  lineTransport,
  logLines,
  type StartRequest,
  within,
} from "@omg/core/runtime";
import type { Container } from "./container.ts";
import { loseIfCutOff } from "./lose-if-cut-off.ts";

/** From the end of its input to SIGTERM. */
const inputEndMs = 2_000;
/** Time for what a container has written to arrive: a busy engine hands it on after it has told of the end. */
const lastWordsMs = 1_000;

/** Looks after a started container, with which one speaks over its stdin and stdout, until nothing of it is left. */
export function stdioInstance(container: Container, { log }: Pick<StartRequest<unknown>, "log">): InstanceV1 {
  const { connection, output, ended } = container;
  const outputEnded = new Promise<void>((end) => output.stdout.once("end", end));
  const wordsEnded = new Promise<void>((end) => output.stderr.once("end", end));
  let stopping: Promise<void> | undefined;

  logLines(output.stderr, (line) => log(line));
  const transport = lineTransport({
    input: output.stdout,
    output: connection,
    dropCutOff: true,
    eager: true,
    beforeLastLine: () => within(lastWordsMs, exited),
    // How the container ended is known a moment later, and calls in flight are to hear it.
    onInputEnd: () => {},
    onEnd: (byRequest) => {
      if (byRequest) void stop();
      else container.giveUp("its connection has ended");
    },
  });
  const exited = ended.then(async ({ reason, detail }): Promise<Exit> => {
    const isOurs = stopping !== undefined;
    // What is lost, paused for example, may never say anything more.
    if (reason === "exited") await within(lastWordsMs, wordsEnded);
    return { reason: isOurs ? "stopped" : reason, detail };
  });
  const closed = Promise.all([ended, exited]).then(async ([{ reason }]) => {
    if (reason === "exited") await within(lastWordsMs, outputEnded);
    // One more turn of the event loop: what has arrived is read before the transport ends.
    await new Promise((next) => setImmediate(next));
    await transport.close();
  });
  loseIfCutOff(container, () => stopping !== undefined);

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
    await closed;
    connection.destroy();
  }

  return { id: container.id, transport, exited, [Symbol.asyncDispose]: stop };
}
