#!/usr/bin/env node
import "./require-node.mjs";

const { runGatewayHttp } = await import("../original-commands.ts");
await runGatewayHttp(process.argv.slice(2));
