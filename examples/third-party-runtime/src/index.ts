export type { SshOptions } from "./options.ts";
export { sshRuntime, sshRuntime as default } from "./runtime.ts";
