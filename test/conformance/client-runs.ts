import { fileURLToPath } from "node:url";
import { type Run, runClientSuite, type Workplace } from "./suite.ts";

const program = fileURLToPath(import.meta.resolve("./client.ts"));

/** The suite against a client: first at the suite's own servers, then at a gateway that has each of them behind it. */
export async function* clientRuns(scenarios: readonly string[], workplace: Workplace): AsyncGenerator<Run> {
  const command = (way: string) => `${process.execPath} ${program} ${way}`;
  yield await runClientSuite({ name: "client, direct", command: command("direct"), scenarios, ...workplace });
  yield await runClientSuite({ name: "client", command: command("gateway"), scenarios, ...workplace });
}
