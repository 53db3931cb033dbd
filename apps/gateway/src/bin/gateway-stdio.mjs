#!/usr/bin/env node
import "./require-node.mjs";
import "./compile-cache.mjs";

import("../original-commands.ts").then(({ runGatewayStdio }) => runGatewayStdio(process.argv.slice(2)));
