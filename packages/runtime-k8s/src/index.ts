export { type KubernetesRuntimeOptions, kubernetesRuntime, kubernetesRuntime as default } from "./runtime.ts";
