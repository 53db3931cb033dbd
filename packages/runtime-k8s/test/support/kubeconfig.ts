import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly { readonly name: string; readonly context: object }[];
}

/** Writes a kubeconfig like another one, but for the namespace of its current context. */
export function writeKubeconfig(file: string, kubeconfig: string, namespace: string): void {
  const config = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const contexts = config.contexts.map(({ name, context }) => ({
    name,
    context: name === config["current-context"] ? { ...context, namespace } : context,
  }));
  writeFileSync(file, stringify({ ...config, contexts }), { mode: 0o600 });
}
