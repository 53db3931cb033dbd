import {
  type CatalogDiff,
  type EntryDigest,
  OmgError,
  type ReloadReport,
  type ServerPins,
  type ToolPin,
} from "@omg/core";
import { answerError } from "./answer-error.ts";
import { parseListenAddress } from "./configuration/listen-address.ts";
import { type ConfigurationFlags, loadAddress } from "./configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { httpUrl } from "./http-url.ts";

/** The part of a server's summary that the command line shows. */
export interface ServerSummary {
  readonly id: string;
  readonly display_name?: string;
  readonly description?: string;
  readonly status: string;
  readonly tags?: readonly string[];
  readonly runtime_type: string;
  readonly request_count?: number;
  readonly uptime_seconds?: number;
  readonly problem?: string;
}

/** The part of `GET /stats` that the command line shows. */
export interface GatewayFigures {
  readonly version?: string;
  readonly uptime_seconds: number;
  readonly total_requests: number;
  readonly sessions: number;
  readonly last_reload: string;
  readonly config_stale: boolean;
  readonly config_problems: readonly string[];
  readonly needs_restart: readonly string[];
  readonly servers: Readonly<Record<string, { readonly status: string }>>;
}

const probeMs = 1000;

const timeoutCodes = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** A running gateway, over its HTTP API. Rejects with `gateway_unreachable` if no connection holds. */
export class GatewayClient {
  readonly #base: string;
  readonly #apiKey: string | undefined;

  /** `url` is the gateway's base, without a slash at its end. */
  constructor(url: string, apiKey: string | undefined) {
    this.#base = url;
    this.#apiKey = apiKey;
  }

  /** Whether a gateway answers there. */
  async answers(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#base}/healthz`, { signal: AbortSignal.timeout(probeMs) });
      const body = (await response.json()) as { status?: unknown };
      return body.status === "ok";
    } catch {
      return false;
    }
  }

  async servers(): Promise<ServerSummary[]> {
    const servers = await this.#fetch("/servers");
    if (Array.isArray(servers)) return servers as ServerSummary[];
    throw this.#noGateway();
  }

  /** What the gateway says of itself, as `GET /stats` gives it. */
  async stats(): Promise<GatewayFigures> {
    const stats = await this.#fetch("/stats");
    if (typeof stats === "object" && stats !== null && "servers" in stats) return stats as GatewayFigures;
    throw this.#noGateway();
  }

  /** Has a server learn anew what it offers; gives the number of its tools. */
  async warm(server: string): Promise<number> {
    const answer = await this.#fetch(`/servers/${encodeURIComponent(server)}/warm`, { method: "POST" });
    return Number((answer as { tools?: unknown } | null)?.tools ?? 0);
  }

  /** Has a server asked for its tools; gives their pins. */
  async toolPins(server: string): Promise<ServerPins> {
    const answer = await this.#fetch(`/servers/${encodeURIComponent(server)}/pins`, { method: "POST" });
    const { tools } = (answer ?? {}) as { tools?: unknown };
    if (!Array.isArray(tools)) throw this.#noGateway();
    return new Map((tools as (ToolPin & { name: string })[]).map(({ name, ...pin }) => [name, pin]));
  }

  /** Has the gateway read its catalog now. */
  async reload(): Promise<ReloadReport> {
    return (await this.#fetch("/admin/reload", { method: "POST" })) as ReloadReport;
  }

  /** What these servers in the place of the gateway's would change. */
  async diff(salt: string, servers: readonly EntryDigest[]): Promise<CatalogDiff> {
    const entries = servers.map(({ id, parts }) => ({ id, parts: Object.fromEntries(parts) }));
    return (await this.#fetch("/catalog/diff", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ salt, servers: entries }),
    })) as CatalogDiff;
  }

  /** Sends a JSON-RPC message to one server and gives its answer. */
  async request(server: string, message: object): Promise<unknown> {
    // In the body: a header could not carry every id.
    return this.#fetch("/mcp", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...message, server_id: server }),
    });
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<unknown> {
    const { status, statusText, text } = await this.#exchange(path, init);
    const body = parseJson(text);
    if (status >= 200 && status < 300) {
      if (body === undefined) throw this.#noGateway();
      return body;
    }
    const { message, reason } = (body ?? {}) as { message?: unknown; reason?: unknown };
    throw answerError(this.#base, status, String(message ?? statusText), reason);
  }

  async #exchange(path: string, init: RequestInit) {
    const headers = withKey(init.headers, this.#apiKey);
    try {
      const response = await fetch(this.#base + path, { ...init, headers });
      return { status: response.status, statusText: response.statusText, text: await response.text() };
    } catch (thrown) {
      // Only a failure of the connection has a cause; anything else is a request that can not be sent.
      const cause = thrown instanceof Error ? (thrown.cause as NodeJS.ErrnoException | undefined) : undefined;
      if (cause === undefined) throw thrown;
      if (timeoutCodes.has(cause.code ?? "")) {
        const message = `The gateway at ${this.#base} sent no answer in time`;
        throw new OmgError("upstream_timeout", { message, cause });
      }
      const message = `No gateway answers at ${this.#base}; start it with: omg serve`;
      throw new OmgError("gateway_unreachable", { message, cause });
    }
  }

  #noGateway(): OmgError {
    const message = `What answers at ${this.#base} is no gateway: it sent something else than asked for`;
    return new OmgError("upstream_protocol_error", { message });
  }
}

function withKey(init: RequestInit["headers"], apiKey: string | undefined): Headers {
  const headers = new Headers(init);
  try {
    if (apiKey !== undefined) headers.set("authorization", `Bearer ${apiKey}`);
  } catch {
    // The error of fetch would quote the key.
    const message = "error: the API key has characters that no HTTP header can carry";
    throw new CommandFailure(exitCodes.authenticationRequired, message);
  }
  return headers;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where a gateway with this `listen_addr` can be reached from here. */
function gatewayUrl(listenAddr: string): string {
  const { host, port } = parseListenAddress(listenAddr);
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** The gateway at a URL, else the one that the configuration says listens here. */
export function runningGateway(flags: ConfigurationFlags & { readonly url?: string | undefined }) {
  if (flags.url !== undefined) {
    const url = httpUrl(flags.url);
    return { url, client: new GatewayClient(url, process.env.MCP_GATEWAY_API_KEY || undefined) };
  }
  const { address, apiKey } = loadAddress(flags);
  const url = gatewayUrl(address);
  return { url, client: new GatewayClient(url, apiKey) };
}
