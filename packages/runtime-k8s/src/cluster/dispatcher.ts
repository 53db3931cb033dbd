import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici";
import type { TlsSettings } from "./login.ts";

const connectMs = 5_000;

export interface DispatcherSettings {
  readonly tls: TlsSettings;
  /** Through which proxy (http, https or socks5). Undefined: none. */
  readonly proxyUrl: string | undefined;
  /** How long an answer may take to begin. */
  readonly answerMs: number;
}

/** The connections to an API server. Each request has one for itself, so one that is dead harms no other. */
export function dispatcherOf({ tls, proxyUrl, answerMs }: DispatcherSettings): Dispatcher {
  const patience = { headersTimeout: answerMs, bodyTimeout: 0, allowH2: false };
  const connect = { ...tls, timeout: connectMs } as buildConnector.BuildOptions;
  if (proxyUrl === undefined) return new Agent({ ...patience, connect });
  return new ProxyAgent({ ...patience, uri: proxyUrl, connectTimeout: connectMs, requestTls: connect });
}
