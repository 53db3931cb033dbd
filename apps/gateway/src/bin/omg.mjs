#!/usr/bin/env node
import "./require-node.mjs";

const { runOmg } = await import("../omg.ts");
await runOmg(process.argv.slice(2));
