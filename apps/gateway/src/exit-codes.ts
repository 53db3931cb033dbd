/** How the command line ends; 128+n stands for the end by signal n. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  gatewayUnreachable: 3,
  authenticationRequired: 4,
  configurationRefused: 5,
  serverNotReady: 6,
  toolError: 7,
  internal: 70,
} as const;

/** Ends a command with a message for the user on stderr. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
