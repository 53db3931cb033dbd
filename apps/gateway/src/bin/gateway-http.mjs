#!/usr/bin/env node
import "./require-node.mjs";
import "./compile-cache.mjs";

const { runGatewayHttp } = await import("../original-commands.ts");
await runGatewayHttp(process.argv.slice(2));
