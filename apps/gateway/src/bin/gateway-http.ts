#!/usr/bin/env node
import { requireNode } from "./require-node.ts";

requireNode(22, 22);
const { runGatewayHttp } = await import("../original-commands.ts");
await runGatewayHttp(process.argv.slice(2));
