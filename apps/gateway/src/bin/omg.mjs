#!/usr/bin/env node
import "./require-node.mjs";
import "./compile-cache.mjs";

import("../omg.ts").then(({ runOmg }) => runOmg(process.argv.slice(2)));
