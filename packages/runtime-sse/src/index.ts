export type { RemoteOptions } from "./options.ts";
export { type RemoteRuntimeOptions, remoteRuntime, remoteRuntime as default } from "./runtime.ts";
