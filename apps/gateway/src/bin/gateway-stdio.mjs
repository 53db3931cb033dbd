#!/usr/bin/env node
import "./require-node.mjs";
import "./compile-cache.mjs";

const { runGatewayStdio } = await import("../original-commands.ts");
await runGatewayStdio(process.argv.slice(2));
