import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createConformanceServer } from "./server/create-server.ts";

// Everything the conformance suite asks of a server, over stdin and stdout.
const transport = new StdioServerTransport();
// The SDK does not see that its host went away.
process.stdin.once("end", () => void transport.close());
await createConformanceServer().connect(transport);
