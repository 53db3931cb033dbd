import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { type Exit, type InstanceV1, lineTransport, logLines } from "@omg/core/runtime";
import type { Janitor } from "./janitor.ts";
import { instanceMarker, type MarkedProcesses } from "./marked-processes.ts";
import { killGroup, signalGroup } from "./process-group.ts";

/** How long each step of a stop may take, in milliseconds. */
export interface StopTimes {
  /** From the end of its input to SIGTERM. Default 2000. */
  readonly inputEndMs: number;
  /** From SIGTERM to SIGKILL. Default 3000. */
  readonly terminateMs: number;
  /** From SIGKILL until the process counts as lost. Default 1000. */
  readonly killMs: number;
}

export interface ProcessContext {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly request: { readonly instanceId: string; log(line: string): void };
  readonly times: StopTimes;
  readonly janitor: Janitor;
  readonly processes: MarkedProcesses;
}

/** Time for what a dead process has written to arrive; a descendant may hold the pipes open for ever. */
const LAST_WORDS_MS = 250;

/** Looks after a process from its start until nothing of it is left. */
export function processInstance(context: ProcessContext): InstanceV1 {
  const { child, pid, request, times, janitor, processes } = context;
  const { promise: exited, resolve: settle } = Promise.withResolvers<Exit>();
  const { promise: cleaned, resolve: finish } = Promise.withResolvers<void>();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  let killedBecause = "";

  child.stdin.on("error", () => {});
  child.stdout.on("error", () => {});
  logLines(child.stderr, (line) => request.log(line));
  const wordsEnded = new Promise<void>((end) => child.stderr.once("close", end));
  const outputEnded = new Promise<void>((end) => child.stdout.once("close", end));

  const transport = lineTransport({
    input: child.stdout,
    output: child.stdin,
    dropCutOff: true,
    eager: true,
    onEnd: (byRequest) => void (byRequest ? stop() : killUnlessGone()),
  });

  child.once("exit", (code, signal) => {
    leave();
    const detail = signal === null ? `exit code ${code}` : `signal ${signal}`;
    void afterExit({ reason: stopping ? "stopped" : "exited", detail: detail + killedBecause });
  });

  async function afterExit(exit: Exit): Promise<void> {
    // The leader is gone, so this is the last moment at which the group's number is surely ours.
    const group = killGroup(pid);
    const remains = processes.kill(instanceMarker(request.instanceId));
    const drained = drainOutput();
    await within(LAST_WORDS_MS, wordsEnded);
    settle(exit);
    await Promise.all([drained, group, remains]);
    janitor.remove(pid);
    finish();
  }

  async function drainOutput(): Promise<void> {
    await within(LAST_WORDS_MS, outputEnded);
    // One more turn of the event loop: what has arrived is read before the transport ends.
    await new Promise((next) => setImmediate(next));
    await transport.close();
    child.stdout.destroy();
    child.stderr.destroy();
  }

  /** A process that can no longer be talked to is of no use, even if it lives on. */
  async function killUnlessGone(): Promise<void> {
    if ((await within(LAST_WORDS_MS, left)) || stopping) return;
    killedBecause = " (killed because its connection had ended)";
    signalGroup(pid, "SIGKILL");
  }

  function stop(): Promise<void> {
    stopping ??= climbDown();
    return stopping;
  }

  async function climbDown(): Promise<void> {
    child.stdin.end();
    // A process that is blocked by a full pipe would not notice the end of its input.
    child.stdout.resume();
    if (!(await within(times.inputEndMs, left))) {
      signalGroup(pid, "SIGTERM");
      if (!(await within(times.terminateMs, left))) {
        signalGroup(pid, "SIGKILL");
        if (!(await within(times.killMs, left))) {
          void afterExit({ reason: "lost", detail: "still there after SIGKILL" });
        }
      }
    }
    await cleaned;
  }

  return { id: String(pid), transport, exited, [Symbol.asyncDispose]: stop };
}

/** Whether it happens in this time. */
function within(ms: number, event: Promise<void>): Promise<boolean> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(false), ms);
    void event.then(() => {
      clearTimeout(timer);
      settle(true);
    });
  });
}
