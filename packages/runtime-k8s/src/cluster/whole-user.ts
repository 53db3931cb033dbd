import { dirname, isAbsolute, join } from "node:path";
import type { User } from "@kubernetes/client-node";

/** A user as a kubeconfig has it, as far as the library leaves something out. */
export interface WrittenUser {
  readonly name?: string;
  readonly user?: { readonly tokenFile?: unknown } | null;
}

/**
 * A user of a kubeconfig with what the library does not do for it: a token in a file, which may be replaced there; and what its
 * command is told of who runs it, without which some give nothing.
 */
export function wholeUser(user: User, written: readonly WrittenUser[], file: string): User {
  const tokenFile = written.find(({ name }) => name === user.name)?.user?.tokenFile;
  return {
    ...user,
    ...(user.exec ? { exec: informed(user.exec) } : {}),
    ...(typeof tokenFile === "string" ? { authProvider: tokenIn(tokenFile, file) } : {}),
  };
}

function tokenIn(tokenFile: string, file: string): object {
  const path = isAbsolute(tokenFile) ? tokenFile : join(dirname(file), tokenFile);
  return { name: "tokenFile", config: { tokenFile: path } };
}

/** As Kubernetes' own clients do it (client.authentication.k8s.io, ExecCredential): nobody can be asked for a password. */
function informed(exec: { readonly apiVersion?: string; readonly env?: readonly object[] | null }): object {
  const { apiVersion, env } = exec;
  const info = { kind: "ExecCredential", apiVersion, spec: { interactive: false } };
  return { ...exec, env: [...(env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }] };
}
