#!/usr/bin/env node
import "./require-node.mjs";
import "./compile-cache.mjs";

const { runOmg } = await import("../omg.ts");
await runOmg(process.argv.slice(2));
