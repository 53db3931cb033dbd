#!/usr/bin/env node
import { requireNode } from "./require-node.ts";

requireNode(22, 22);
const { runOmg } = await import("../omg.ts");
await runOmg(process.argv.slice(2));
