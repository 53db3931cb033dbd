import { asOmgError } from "@omg/core";
import { type Command, CommanderError } from "commander";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { printableLines } from "./logging/logger.ts";
import { arePlugInsLoaded, plugInAtFault } from "./runtimes/plug-in-faults.ts";
import { hearFaults } from "./uncaught-faults.ts";
import { refuseUnknownCommand } from "./unknown-command.ts";

/** Runs a command line and sets the exit code: the one place where a failure becomes words and a number. */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  // A reader that went away must not turn every further line into a fault of its own.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  hearFaults(onFault);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError().configureOutput({ writeErr: say });
  }
  try {
    refuseUnknownCommand(program, args);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
  if (arePlugInsLoaded()) await end();
}

/** What somebody else's code has left under way does not keep a command from its end. */
async function end(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((done) => stream.write("", () => done())),
  );
  await Promise.all(written);
  process.exit();
}

/** For commands that end by themselves; those that run until they are told to end have a better way. */
function onFault(error: unknown): void {
  const plugIn = plugInAtFault(error);
  if (plugIn === undefined) process.exit(report(error));
  say(`A fault of the runtime ${plugIn}: ${(error as Error).message}\n`);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CommandFailure) {
    say(`${error.message}\n`);
    return error.exitCode;
  }
  const known = asOmgError(error);
  if (known.reason === "internal") {
    say(`error: ${String(error instanceof Error ? error.stack : error)}\n`);
    return exitCodes.internal;
  }
  say(`error[${known.reason}]: ${known.message}\n`);
  return exitCodeOf(known.reason);
}

/** Messages quote servers and files: no text of theirs may drive the terminal. */
function say(text: string): void {
  process.stderr.write(printableLines(text));
}

function exitCodeOf(reason: string): number {
  switch (reason) {
    case "server_unknown":
      return exitCodes.usage;
    case "gateway_unreachable":
      return exitCodes.gatewayUnreachable;
    case "config_invalid":
    case "unsafe_bind":
    case "port_in_use":
      return exitCodes.configurationRefused;
    case "upstream_start_failed":
    case "runtime_unavailable":
    case "upstream_backoff":
    case "server_disabled":
      return exitCodes.serverNotReady;
    default:
      return exitCodes.failed;
  }
}
