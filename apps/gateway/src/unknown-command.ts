import { didYouMean } from "@omg/core/config";
import type { Command } from "commander";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** A first word that is no command would else count as a word too many for the default command. */
export function refuseUnknownCommand(program: Command, args: readonly string[]): void {
  const word = args[0];
  if (word === undefined || word.startsWith("-") || program.commands.length === 0) return;
  const names = ["help", ...program.commands.flatMap((command) => [command.name(), ...command.aliases()])];
  if (names.includes(word)) return;
  // A command is shown as it is typed, without quotes.
  const meant = didYouMean(word, names).replaceAll('"', "");
  throw new CommandFailure(
    exitCodes.usage,
    `error: unknown command '${word}'.${meant}\nsee: ${program.name()} --help`,
  );
}
