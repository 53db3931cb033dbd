import { type Exit, type InstanceV1, lineTransport, logLines, within } from "@omg/core/runtime";
import type { RunningServer } from "./place.ts";

/** How long a server gets to stop, in milliseconds: by the end of its input, then when it is asked to. */
const inputEndMs = 2000;
const terminateMs = 3000;
/** For what a server has written before its end: a process that it started may hold its output open for ever. */
const lastWordsMs = 250;

/** Looks after a server from its start until nothing of it is left. */
export function createInstance(server: RunningServer, log: (line: string) => void): InstanceV1 {
  const { id, stdin, stdout, stderr, ended } = server;
  const transport = lineTransport({ input: stdout, output: stdin, dropCutOff: true, eager: true });
  logLines(stderr, log);
  // A server that has gone can not be written to, and its end says so.
  stdin.on("error", () => {});

  let stopping: Promise<void> | undefined;
  const exited = ended.then<Exit>((detail) => ({ reason: stopping ? "stopped" : "exited", detail }));
  const outputEnded = new Promise<void>((end) => stdout.once("close", end));
  const cleaned = exited.then(async () => {
    await server.kill();
    await within(lastWordsMs, outputEnded);
    await transport.close();
    stdout.destroy();
    stderr.destroy();
  });

  async function stop(): Promise<void> {
    stdin.end();
    // A server that waits for its output to be read would not notice the end of its input.
    stdout.resume();
    if (!(await within(inputEndMs, ended))) server.terminate();
    if (!(await within(terminateMs, ended))) await server.kill();
    await cleaned;
  }

  return {
    id,
    transport,
    exited,
    [Symbol.asyncDispose]() {
      stopping ??= stop();
      return stopping;
    },
  };
}
