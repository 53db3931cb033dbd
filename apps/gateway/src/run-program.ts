import { asOmgError } from "@omg/core";
import { type Command, CommanderError } from "commander";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** Runs a command line and sets the exit code: the one place where a failure becomes words and a number. */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  // A reader that went away must not turn every further line into a fault of its own.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError();
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CommandFailure) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  const known = asOmgError(error);
  if (known.reason === "internal") {
    process.stderr.write(`error: ${String(error instanceof Error ? error.stack : error)}\n`);
    return exitCodes.internal;
  }
  process.stderr.write(`error[${known.reason}]: ${known.message}\n`);
  return exitCodeOf(known.reason);
}

function exitCodeOf(reason: string): number {
  switch (reason) {
    case "gateway_unreachable":
      return exitCodes.gatewayUnreachable;
    case "config_invalid":
    case "unsafe_bind":
    case "port_in_use":
      return exitCodes.configurationRefused;
    case "upstream_start_failed":
    case "upstream_backoff":
    case "server_disabled":
      return exitCodes.serverNotReady;
    default:
      return exitCodes.failed;
  }
}
