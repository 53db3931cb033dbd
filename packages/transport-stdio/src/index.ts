export { type BridgeOptions, bridgeStdio } from "./bridge-stdio.ts";
export { type StdioFront, type StdioOptions, serveStdio } from "./serve-stdio.ts";
