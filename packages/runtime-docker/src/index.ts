export { type DockerRuntimeOptions, dockerRuntime, dockerRuntime as default } from "./runtime.ts";
