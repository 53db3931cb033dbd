import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { createConformanceServer } from "./server/create-server.ts";

// Everything the conformance suite asks of a server, over stdin and stdout.
await createConformanceServer().connect(new StdioServerTransport());
