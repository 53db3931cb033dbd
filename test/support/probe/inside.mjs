// Runs inside a gateway under test, by --import: it tells what memory holds and what is open, over a socket of its own,
// so that nothing is asked of the gateway's routes.
import { createServer } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const server = createServer((socket) => {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  socket.end(JSON.stringify({ heapBytes: heapUsed + external, resources }));
});
server.listen(process.env.OMG_TEST_PROBE).unref();
