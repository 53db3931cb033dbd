import { OmgError } from "@omg/core/runtime";
import type { SshOptions } from "./options.ts";

export interface FailedStart {
  readonly server: string;
  readonly options: SshOptions;
  /** How ssh ended. 255 is its own failure, anything else comes from the other machine; null: a signal. */
  readonly code: number | null;
  /** The last lines it said. */
  readonly words: readonly string[];
}

/** What ssh says when the machine can not be reached just now: no failure of the server's, so it is tried again soon. */
const away =
  /Connection (?:refused|timed out|reset|closed)|Operation timed out|timed out during banner|No route to host|is (?:down|unreachable)$|Temporary failure in name resolution/im;

/** What to do about what ssh says, the first that fits. */
const causes: readonly (readonly [says: RegExp, detail: string, advice: (host: string) => string])[] = [
  [
    /IDENTIFICATION HAS CHANGED/,
    "host_key_changed",
    () =>
      "The machine has another host key than the one that is known, or is another machine. Find out why; if it is right, remove the old key (ssh-keygen -R) and connect once by hand.",
  ],
  [
    /Host key verification failed/,
    "host_key_unknown",
    (host) => `Connect once by hand (ssh ${host}), and compare its host key before you accept it.`,
  ],
  [
    /Permission denied/,
    "permission_denied",
    (host) =>
      `Check that "ssh -o BatchMode=yes ${host} true" works for the gateway's user: a key with a passphrase has to be in the agent.`,
  ],
];

/** The error of a start that ended before the server ran. */
export function startFailed({ server, options, code, words }: FailedStart): OmgError {
  const { host } = options;
  const said = words.join("\n");
  const quoted = words.slice(-3).join("\n") || `ssh ended with ${code ?? "a signal"}`;
  const failed = (detail: string, advice = "") =>
    new OmgError("upstream_start_failed", {
      server,
      detail,
      message: `Server '${server}' did not start on ${host}: ${quoted}${advice && ` ${advice}`}`,
    });
  if (code !== 255) return failed(code === 127 ? "not_found" : "remote_failed");
  const cause = causes.find(([says]) => says.test(said));
  if (cause) return failed(cause[1], cause[2](host));
  if (!away.test(said)) return failed("ssh_failed");
  return new OmgError("runtime_unavailable", {
    server,
    detail: "host_away",
    message: `Server '${server}' did not start: ${host} can not be reached: ${quoted}`,
  });
}

/** The error of a machine of ours where `ssh` can not be run. */
export function spawnFailed(server: string, cause: NodeJS.ErrnoException): OmgError {
  const isMissing = cause.code === "ENOENT";
  return new OmgError("upstream_start_failed", {
    server,
    detail: isMissing ? "ssh_missing" : "ssh_failed",
    cause,
    message: `Server '${server}' did not start: ${isMissing ? missingSsh : `ssh can not be run: ${cause.message}`}`,
  });
}

export const missingSsh = "there is no ssh in the gateway's PATH. Install an OpenSSH client.";

/** The error of a variable that no shell can hand on. */
export function badVariable(server: string, name: string, why: string): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "bad_variable",
    message: `Server '${server}' did not start: the variable ${JSON.stringify(name)} ${why}, so it can not be set over SSH. Correct "env".`,
  });
}

/** The error of a start that is no longer wanted: the gateway's own reason if it gave one. */
export function cancelled(server: string, cause: unknown): OmgError {
  if (OmgError.is(cause)) return cause;
  return new OmgError("cancelled", {
    server,
    cause,
    message: `The start of server '${server}' was cancelled`,
  });
}
