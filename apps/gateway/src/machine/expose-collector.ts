import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Lets what passes long messages collect them while they are young. The collector is made when it is first used. */
export function exposeCollector(): void {
  globalThis.gc ??= ((options?: NodeJS.GCOptions) => {
    setFlagsFromString("--expose-gc");
    globalThis.gc = runInNewContext("gc") as NodeJS.GCFunction;
    return globalThis.gc(options as NodeJS.GCOptions);
  }) as NodeJS.GCFunction;
}
