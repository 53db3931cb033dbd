import { parseArgs } from "node:util";
import { behaviours } from "./behaviours.ts";
import { serveHttp } from "./serve-http.ts";
import { serveStdio } from "./serve-stdio.ts";

// One MCP server with many ways to be evil. Plain Node, no dependencies.
//
//     node main.ts --mode=banner           over stdio
//     node main.ts --mode=banner --http    over HTTP, on a free port of the loopback, which it prints

const { values } = parseArgs({
  options: { mode: { type: "string", default: "honest" }, http: { type: "boolean", default: false } },
  allowPositionals: true,
});
const behaviour = behaviours.get(values.mode);
if (!behaviour) {
  process.stderr.write(`Unknown mode ${values.mode}; known: ${[...behaviours.keys()].join(", ")}\n`);
  process.exit(2);
}
behaviour.begin?.();
if (values.http) serveHttp(behaviour);
else serveStdio(behaviour);
