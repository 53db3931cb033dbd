import {
  type InstanceV1,
  logLines,
  OmgError,
  type RuntimeFactoryOptions,
  type RuntimeV1,
  type StartRequest,
  type SweepRequest,
  unless,
} from "@omg/core/runtime";
import { sshInstance } from "./instance.ts";
import { remarksOn, type SshOptions, sshOptions } from "./options.ts";
import { readyLine } from "./ready-line.ts";
import { endScript, serverScript } from "./remote-script.ts";
import { hasSsh, killSsh, openSsh, runScript } from "./ssh.ts";
import { badVariable, cancelled, missingSsh, spawnFailed, startFailed } from "./start-failures.ts";

/** Longest time for removing by force what an instance has left. */
const REMOVE_MS = 8_000;
/** How many of the last lines of stderr tell why a start failed: ssh's longest warning has fourteen. */
const LAST_LINES = 20;

/** Runs servers on other machines over SSH (`ssh`), by the user's own OpenSSH client and as it is configured. */
export function sshRuntime({ hostEnv = {} }: RuntimeFactoryOptions = {}): RuntimeV1<SshOptions> {
  const running = new Set<InstanceV1>();
  const starting = new Set<Promise<unknown>>();

  return {
    specVersion: "v1",
    name: "ssh",
    options: sshOptions,
    remarks: remarksOn,

    async check({ signal }) {
      return (await hasSsh(hostEnv, signal)) ? { ok: true } : { ok: false, reason: missingSsh };
    },

    async start(request) {
      const start = startInstance(request);
      starting.add(start);
      try {
        const instance = await start;
        running.add(instance);
        void instance.exited.then(() => instance[Symbol.asyncDispose]()).then(() => running.delete(instance));
        return instance;
      } finally {
        starting.delete(start);
      }
    },

    sweep,

    async [Symbol.asyncDispose]() {
      await Promise.allSettled(starting);
      await Promise.all([...running].map((instance) => instance[Symbol.asyncDispose]()));
    },
  };

  async function startInstance(request: StartRequest<SshOptions>): Promise<InstanceV1> {
    const { server, options, baseDirectory, instanceId, owner, signal, log } = request;
    if (signal.aborted) throw cancelled(server, signal.reason);
    checkVariables(request);
    const here = { hostEnv, baseDirectory };
    const title = `omg-runtime-ssh ${owner} ${instanceId}`;
    const ssh = await openSsh(options, { text: serverScript(request), title }, here).catch((cause) => {
      throw spawnFailed(server, cause);
    });
    const words: string[] = [];
    logLines(ssh.stderr, (line) => {
      log(line);
      words.push(line);
      if (words.length > LAST_LINES) words.shift();
    });
    const failure = new Promise<never>((_, reject) => {
      ssh.once("close", (code) => reject(startFailed({ server, options, code, words })));
    });
    try {
      const pid = await unless(signal, Promise.race([readyLine(ssh.stdout), failure]));
      const script = { text: endScript(`OMG_INSTANCE=${instanceId}`), title };
      return sshInstance({
        ssh,
        id: `${options.host}:${pid}`,
        removeRest: () => runScript(options, script, { ...here, signal: AbortSignal.timeout(REMOVE_MS) }),
      });
    } catch (error) {
      killSsh(ssh);
      throw signal.aborted ? cancelled(server, error) : error;
    }
  }

  async function sweep({ owner, options, signal, baseDirectory }: SweepRequest<SshOptions>): Promise<void> {
    const script = { text: endScript(`OMG_OWNER=${owner}`), title: "omg-runtime-ssh sweep" };
    const places = new Map(options.map((one) => [placeOf(one), one]));
    const sweeps = [...places.values()].map((one) =>
      runScript(one, script, { hostEnv, baseDirectory, signal }),
    );
    const failures = (await Promise.allSettled(sweeps)).flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason] : [],
    );
    if (failures.length === 0) return;
    throw new OmgError("runtime_unavailable", {
      detail: "sweep_failed",
      cause: failures[0],
      message: `Servers of a gateway that has died may still run: ${failures.map(({ message }) => message).join("; ")}`,
    });
  }
}

function checkVariables({ server, env }: StartRequest<SshOptions>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw badVariable(server, name, "has a name that no shell knows");
    if (value.includes("\0")) throw badVariable(server, name, "has a NUL byte");
  }
}

/** Who is to be reached, and how. */
function placeOf({ host, user, port, identity_file, config_file }: SshOptions): string {
  return JSON.stringify([host, user, port, identity_file, config_file]);
}
