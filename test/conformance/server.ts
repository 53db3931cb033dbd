import { parseArgs } from "node:util";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { createConformanceServer } from "./server/create-server.ts";
import { createFixture } from "./server/fixture.ts";
import { legacyEra } from "./server/legacy-era.ts";
import { modernEra } from "./server/modern-era.ts";

// Everything the conformance suite asks of a server, over stdin and stdout, in one era and no other: `server.ts` speaks
// revisions up to 2025-11-25, `server.ts --era modern` speaks 2026-07-28.
const { values } = parseArgs({ options: { era: { type: "string", default: "legacy" } } });
const fixture = createFixture();
if (values.era === "modern") {
  serveStdio(() => createConformanceServer({ era: modernEra, fixture }), { legacy: "reject" });
} else if (values.era === "legacy") {
  await createConformanceServer({ era: legacyEra, fixture }).connect(new StdioServerTransport());
} else {
  throw new Error(`There is no such era: ${values.era}`);
}
