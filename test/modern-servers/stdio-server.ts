import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { createConformanceServer } from "../conformance/server/create-server.ts";
import { createFixture } from "../conformance/server/fixture.ts";
import { modernEra } from "../conformance/server/modern-era.ts";

// Revision 2026-07-28 and no other, with the official SDK.
const fixture = createFixture();
serveStdio(() => createConformanceServer({ era: modernEra, fixture }), { legacy: "reject" });
