import { OmgError } from "@omg/core";
import { checkServeOptions } from "@omg/transport-http";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { parseListenAddress } from "./listen-address.ts";
import type { Configuration } from "./load-configuration.ts";

/** What the configuration says of serving over HTTP. Ends the command if that can not be, in the file's own words. */
export function httpOptions({ file, apiKey }: Configuration, listenAddr = file.listen_addr) {
  const options = {
    listen: [parseListenAddress(listenAddr)],
    apiKey,
    allowedHosts: file.allowed_hosts,
    corsOrigins: file.cors_enabled ? file.cors_origins : [],
  };
  try {
    checkServeOptions(options);
  } catch (error) {
    if (!OmgError.is(error)) throw error;
    const message = error.message
      .replace("allowedHosts", "allowed_hosts")
      .replace("corsOrigins", "cors_origins");
    throw new CommandFailure(exitCodes.configurationRefused, `error[${error.reason}]: ${message}`);
  }
  return options;
}
