#!/usr/bin/env node
import { requireNode } from "./require-node.ts";

requireNode(22, 22);
const { runGatewayStdio } = await import("../original-commands.ts");
await runGatewayStdio(process.argv.slice(2));
