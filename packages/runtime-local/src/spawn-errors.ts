import { existsSync } from "node:fs";
import { OmgError } from "@omg/core/runtime";

/** The error of a working directory that is not there. Node would blame the command for it. */
export function missingFolder(server: string, folder: string): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "cwd_missing",
    message: `Server '${server}' did not start: its working directory ${JSON.stringify(folder)} is no folder. Create it, or correct "working_dir".`,
  });
}

/** Says what a failed `spawn` means and what to do about it. */
export function spawnFailed(server: string, command: string, cause: unknown): OmgError {
  const code = codeOf(cause);
  // No fault of the server's: it is tried again soon, however often.
  if (code === "EMFILE" || code === "ENFILE") return tooManyFiles(server, code, cause);
  const { detail, what } = explain(code, command, cause);
  return new OmgError("upstream_start_failed", {
    server,
    detail,
    cause,
    message: `Server '${server}' did not start: ${what}`,
  });
}

function tooManyFiles(server: string, code: string, cause: unknown): OmgError {
  return new OmgError("overloaded", {
    server,
    detail: "fd_exhausted",
    retryAfterMs: 1_000,
    cause,
    message: `Server '${server}' did not start: too many files are open (${code}). Raise the limit (ulimit -n), or run fewer servers at once.`,
  });
}

function explain(code: string, command: string, cause: unknown): { detail: string; what: string } {
  const name = JSON.stringify(command);
  switch (code) {
    case "ENOENT":
      return { detail: "spawn_enoent", what: notFound(command) };
    case "EACCES":
      return {
        detail: "spawn_eacces",
        what: `${name} may not be executed (EACCES). Make it executable (chmod +x), and check that it is no folder.`,
      };
    case "E2BIG":
      return {
        detail: "e2big",
        what: `the arguments and variables of ${name} are too long for the system (E2BIG). Pass large values by a file.`,
      };
    case "EAGAIN":
      return {
        detail: "process_limit",
        what: "the system allows no further process (EAGAIN). Raise the limit (ulimit -u), or run fewer servers at once.",
      };
    case "ERR_INVALID_ARG_VALUE":
      return { detail: "nul_byte", what: `a variable of its environment has a NUL byte. Correct "env".` };
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return {
        detail: `spawn_${code.toLowerCase()}`,
        what: `${name} could not be run: ${reason}. Check "command".`,
      };
    }
  }
}

function notFound(command: string): string {
  const name = JSON.stringify(command);
  if (!command.includes("/")) {
    return `${name} was not found in PATH (ENOENT). Install it, or give its full path as "command".`;
  }
  if (existsSync(command)) {
    return `the interpreter that the first line of ${name} names does not exist (ENOENT). Install it, or correct that line.`;
  }
  return `there is no file ${name} (ENOENT). Correct "command".`;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "unknown";
}
