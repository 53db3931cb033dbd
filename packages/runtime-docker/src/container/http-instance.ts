import { type Exit, type InstanceV1, logLines, OmgError, type StartRequest } from "@omg/core/runtime";
import { instanceConversation } from "@omg/upstream-http";
import type { DockerOptions } from "../options.ts";
import type { Container } from "./container.ts";
import type { Ended } from "./exit-watch.ts";
import { loseIfCutOff } from "./lose-if-cut-off.ts";

/**
 * Looks after a started container that serves HTTP, until nothing of it is left. Resolves once it answers; rejects with an
 * `OmgError`, or as the engine does, and leaves the container to its caller then.
 */
export async function httpInstance(
  container: Container,
  { server, options, signal, log }: StartRequest<DockerOptions>,
): Promise<InstanceV1> {
  const { connection, output, ended } = container;
  for (const stream of [output.stdout, output.stderr]) logLines(stream, (line) => log(line));

  const endedEarly = new AbortController();
  void ended.then(({ detail }) => endedEarly.abort(tooEarly(server, detail)));
  const port = await Promise.race([container.publishedPort(signal), rejection(endedEarly.signal)]);
  const { transport, answers, end } = instanceConversation({
    url: new URL(`http://127.0.0.1:${port}${options.path}`),
    ended: ended.then(wordsFor),
  });
  await answers(AbortSignal.any([signal, endedEarly.signal])).catch(async (error) => {
    await end();
    throw error;
  });

  let stopping: Promise<void> | undefined;
  const exited = ended.then(({ reason, detail }): Exit => {
    return { reason: stopping ? "stopped" : reason, detail };
  });
  const closed = exited.then(end);
  loseIfCutOff(container, () => stopping !== undefined);

  function stop(): Promise<void> {
    stopping ??= takeDown();
    return stopping;
  }

  async function takeDown(): Promise<void> {
    await Promise.race([transport.close(), ended]);
    await container.stop();
    await container.remove();
    await closed;
    connection.destroy();
  }

  return { id: container.id, transport, exited, [Symbol.asyncDispose]: stop };
}

function wordsFor({ reason, detail }: Ended): string {
  return reason === "lost" ? `its container was lost: ${detail}` : `its container ended: ${detail}`;
}

function tooEarly(server: string, detail: string): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "exit_early",
    message: `Server '${server}' ended before it was ready: ${detail}`,
  });
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}
