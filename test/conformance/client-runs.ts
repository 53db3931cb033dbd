import { fileURLToPath } from "node:url";
import type { Revision } from "./revisions.ts";
import { type Run, runClientSuite, type Workplace } from "./suite.ts";

const program = fileURLToPath(import.meta.resolve("./client.ts"));
const authProgram = fileURLToPath(import.meta.resolve("./client-auth.ts"));

export interface ClientRunOptions extends Workplace {
  readonly revision: Revision;
  readonly scenarios: readonly string[];
}

/** The suite against a client at the suite's own servers. */
export function directClientRun(options: ClientRunOptions): Promise<Run> {
  return runClientSuite({ name: "client, direct", command: commandOf(program, "direct"), ...options });
}

/** The suite against a client at a gateway that has each of the suite's servers behind it. */
export function gatewayClientRun(options: ClientRunOptions): Promise<Run> {
  return runClientSuite({ name: "client", command: commandOf(program, "gateway"), ...options });
}

/** The suite against a client that logs in, which is the gateway itself: there is nothing to compare it with. */
export function loginRun(options: ClientRunOptions): Promise<Run> {
  return runClientSuite({ name: "logins", command: commandOf(authProgram), ...options });
}

function commandOf(...args: readonly string[]): string {
  return [process.execPath, ...args].join(" ");
}
