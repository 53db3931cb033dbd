import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Lets `@omg/core` collect long messages while they are young. The collector is made when it is first asked for. */
export function exposeCollector(): void {
  globalThis.gc ??= ((options: NodeJS.GCOptions) => {
    globalThis.gc = makeCollector();
    return globalThis.gc?.(options);
  }) as NodeJS.GCFunction;
}

/** V8 has one in what is made under its flag. */
function makeCollector(): NodeJS.GCFunction | undefined {
  setFlagsFromString("--expose-gc");
  return runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
}
