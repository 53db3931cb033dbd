import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { createConformanceServer } from "../../../conformance/server/create-server.ts";
import { createFixture } from "../../../conformance/server/fixture.ts";
import { legacyEra } from "../../../conformance/server/legacy-era.ts";
import { modernEra } from "../../../conformance/server/modern-era.ts";
import { moreOf } from "./tools.ts";

// A server of the era that is named, and no other, over stdin and stdout.
const fixture = createFixture();
if (process.argv[2] === "modern") {
  const more = moreOf("modern");
  serveStdio(() => createConformanceServer({ era: modernEra, fixture, more }), { legacy: "reject" });
} else {
  const server = createConformanceServer({ era: legacyEra, fixture, more: moreOf("legacy") });
  await server.connect(new StdioServerTransport());
}
