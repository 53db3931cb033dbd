import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { type Exit, type InstanceV1, lineTransport, within } from "@omg/core/runtime";
import { killSsh } from "./ssh.ts";

export interface InstanceContext {
  readonly ssh: ChildProcessWithoutNullStreams;
  readonly id: string;
  /** Ends by force, over a connection of its own, what the instance has left there. Rejects if something may be left. */
  removeRest(): Promise<void>;
}

/** The script on the other machine needs six and a half seconds for a server that does not want to end. */
const STOP_MS = 9_000;
/** What ssh has yet to say when it has ended, or when the server's output has. */
const LAST_WORDS_MS = 500;

/** Looks after a server from its start until nothing of it is left. */
export function sshInstance({ ssh, id, removeRest }: InstanceContext): InstanceV1 {
  const { promise: exited, resolve: settle } = Promise.withResolvers<Exit>();
  const gone = new Promise<void>((end) => ssh.once("exit", () => end()));
  const closed = new Promise<void>((end) => ssh.once("close", () => end()));
  const { promise: cleaned, resolve: finish } = Promise.withResolvers<void>();
  let isStopped = false;
  let ending: Promise<void> | undefined;
  let removal: Promise<void> | undefined;

  const transport = lineTransport({
    input: ssh.stdout,
    output: ssh.stdin,
    dropCutOff: true,
    eager: true,
    onEnd: (byRequest) => void (byRequest ? stop() : endUnlessGone()),
  });
  ssh.once("exit", (code) => void afterExit(code));

  async function afterExit(code: number | null): Promise<void> {
    // What ssh itself has started may live on.
    killSsh(ssh);
    const isLost = code === null || code === 255;
    const detail = isLost ? "the connection was lost" : `exit code ${code}`;
    await within(LAST_WORDS_MS, closed);
    settle({ reason: isStopped ? "stopped" : isLost ? "lost" : "exited", detail });
    await transport.close();
    ssh.stdout.destroy();
    ssh.stderr.destroy();
    // Whether the other side has noticed yet, nobody here knows.
    if (isLost) await remove();
    finish();
  }

  /** What can not be reached ends by itself, as soon as the other side misses the connection. */
  function remove(): Promise<void> {
    removal ??= removeRest().catch(() => {});
    return removal;
  }

  /** A server that can no longer be talked to is of no use, even if it lives on. */
  async function endUnlessGone(): Promise<void> {
    if (!(await within(LAST_WORDS_MS, gone))) await end();
  }

  function stop(): Promise<void> {
    isStopped = true;
    return end();
  }

  function end(): Promise<void> {
    ending ??= climbDown();
    return ending;
  }

  /** The end of its input is what the script on the other machine acts upon. */
  async function climbDown(): Promise<void> {
    ssh.stdin.end();
    // A server that is blocked by a full pipe would not notice the end of its input.
    ssh.stdout.resume();
    if (!(await within(STOP_MS, gone))) {
      await remove();
      if (!(await within(LAST_WORDS_MS, gone))) killSsh(ssh);
    }
    await cleaned;
  }

  return { id, transport, exited, [Symbol.asyncDispose]: stop };
}
