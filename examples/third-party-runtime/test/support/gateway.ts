import { connectRaw } from "@omg/runtime-testkit";
import sshRuntime from "../../src/index.ts";
import { startRequest } from "./start-request.ts";

// A gateway's process, to be killed: starts a server, says that it answers, and goes on.
// `node gateway.ts OPTIONS OWNER`
const [options = "", owner = ""] = process.argv.slice(2);
const { transport } = await sshRuntime({ hostEnv: process.env }).start(
  startRequest(JSON.parse(options), { owner }),
);
const client = await connectRaw(transport);
await client.initialize();
process.stdout.write("ready\n");
