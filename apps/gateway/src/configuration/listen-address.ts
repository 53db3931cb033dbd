import { CommandFailure, exitCodes } from "../exit-codes.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`; an IPv6 host stands in brackets, an absent one is `localhost`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new CommandFailure(
      exitCodes.configurationRefused,
      `error[config_invalid]: listen_addr "${text}" is not host:port, for example localhost:4444`,
    );
  }
  return { host: match[1] ?? (match[2] || "localhost"), port };
}
