export type { Options } from "./options.ts";
export { createRuntime as default } from "./runtime.ts";
