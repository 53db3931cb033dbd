import { fileURLToPath } from "node:url";
import { type Run, runClientSuite, type Workplace } from "./suite.ts";

const program = fileURLToPath(import.meta.resolve("./client.ts"));
const authProgram = fileURLToPath(import.meta.resolve("./client-auth.ts"));

/** The suite against a client: first at the suite's own servers, then at a gateway that has each of them behind it. */
export async function* clientRuns(scenarios: readonly string[], workplace: Workplace): AsyncGenerator<Run> {
  const command = (way: string) => `${process.execPath} ${program} ${way}`;
  yield await runClientSuite({ name: "client, direct", command: command("direct"), scenarios, ...workplace });
  yield await runClientSuite({ name: "client", command: command("gateway"), scenarios, ...workplace });
}

/** The suite against a client that logs in, which is the gateway itself: there is nothing to compare it with. */
export async function* authRuns(scenarios: readonly string[], workplace: Workplace): AsyncGenerator<Run> {
  const command = `${process.execPath} ${authProgram}`;
  yield await runClientSuite({ name: "logins", command, scenarios, ...workplace });
}
