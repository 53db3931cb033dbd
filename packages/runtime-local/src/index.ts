export type { LocalOptions } from "./options.ts";
export { type LocalRuntimeOptions, localRuntime, localRuntime as default } from "./runtime.ts";
