import type { Diagnostic } from "@omg/core/config";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { diagnosticText } from "./diagnostic-text.ts";
import { distinct } from "./distinct-diagnostics.ts";

/** A file of the configuration can not be used; the message has every diagnostic. */
export class ConfigurationRefused extends CommandFailure {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const all = distinct(diagnostics);
    super(exitCodes.configurationRefused, diagnosticText(all));
    this.diagnostics = all;
  }
}
