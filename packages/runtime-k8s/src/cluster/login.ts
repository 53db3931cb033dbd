import type { Agent } from "node:http";
import type { KubeConfig } from "@kubernetes/client-node";
import { cutText, oneLineText } from "@omg/core/runtime";
import { ClusterFailure } from "./cluster-failure.ts";

/** What shows a cluster who asks, and the gateway that it is the cluster. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  /** Node's way through the proxy of the kubeconfig, if it names one. */
  readonly proxyAgent: Agent | undefined;
}

export interface TlsSettings {
  readonly ca?: Buffer;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

/** Credentials younger than this that are refused would be no better anew. */
const renewMs = 30_000;
const maxWords = 300;

/**
 * The credentials of a kubeconfig, from wherever it says: itself, files, a command. They are asked for anew each time, since
 * tokens end; a command is run once for all who wait for it.
 */
export class Login {
  #config: KubeConfig;
  readonly #readAnew: () => Promise<KubeConfig>;
  #pending: Promise<Credentials> | undefined;
  #readAt = performance.now();

  /** `readAnew`: gives the same kubeconfig, as it is now. */
  constructor(config: KubeConfig, readAnew: () => Promise<KubeConfig>) {
    this.#config = config;
    this.#readAnew = readAnew;
  }

  /** Rejects with a `ClusterFailure`, or what the signal aborts with. */
  async credentials(signal: AbortSignal): Promise<Credentials> {
    signal.throwIfAborted();
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined;
    });
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    return Promise.race([this.#pending, aborted]).finally(() => signal.removeEventListener("abort", giveUp));
  }

  /** Those that there were are refused: whether there may be others now. */
  async renew(): Promise<boolean> {
    if (performance.now() - this.#readAt < renewMs) return false;
    this.#readAt = performance.now();
    try {
      this.#config = await this.#readAnew();
      return true;
    } catch {
      return false;
    }
  }

  async #ask(): Promise<Credentials> {
    const options: Partial<TlsSettings> & { headers?: Record<string, string>; agent?: Agent } = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new ClusterFailure(`${this.#source()} failed: ${wordsOf(error)}`, {
        hasNoLogin: true,
        cause: error,
      });
    }
    const { ca, cert, key, rejectUnauthorized, servername, headers, agent } = options;
    return {
      headers: trimmed({ ...headers, ...this.#basic() }),
      tls: {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
        ...(servername === undefined ? {} : { servername }),
      },
      proxyAgent: this.#config.getCurrentCluster()?.proxyUrl === undefined ? undefined : agent,
    };
  }

  #basic(): Record<string, string> {
    const { username, password } = this.#config.getCurrentUser() ?? {};
    if (!username) return {};
    return { Authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
  }

  /** Where the kubeconfig has its credentials from. */
  #source(): string {
    const { exec, authProvider } = this.#config.getCurrentUser() ?? {};
    if (exec) return `the command ${JSON.stringify(exec.command)} of its user`;
    if (authProvider?.config?.tokenFile) return "reading its token";
    if (authProvider?.name) return `the auth-provider ${JSON.stringify(authProvider.name)} of its user`;
    return "reading the certificates of the kubeconfig";
  }
}

/** Files that people make end with a line break. */
function trimmed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
}

function wordsOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  if (code === "ENOENT" && message?.startsWith("spawn")) return "there is no such program";
  if (error instanceof SyntaxError || error instanceof TypeError) return "it gave no credentials";
  return cutText(oneLineText(message?.trim() || "it said nothing"), maxWords);
}
