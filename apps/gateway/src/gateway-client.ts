import { OmgError } from "@omg/core";
import { parseListenAddress } from "./configuration/listen-address.ts";
import type { Configuration } from "./configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

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

const probeMs = 1000;

/** A running gateway, over its HTTP API. Rejects with `gateway_unreachable`. */
export class GatewayClient {
  readonly #base: string;
  readonly #apiKey: string | undefined;

  constructor(url: string, apiKey: string | undefined) {
    this.#base = url.replace(/\/(mcp)?\/?$/, "");
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
    return (await this.#fetch("/servers")) as ServerSummary[];
  }

  /** Sends a JSON-RPC message to one server and gives its answer. */
  async request(server: string, message: object): Promise<unknown> {
    return this.#fetch("/rpc", {
      method: "POST",
      headers: { "content-type": "application/json", "x-server-id": server },
      body: JSON.stringify(message),
    });
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<unknown> {
    const key = this.#apiKey;
    const headers = { ...init.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(this.#base + path, { ...init, headers }).catch((cause) => {
      const message = `No gateway answers at ${this.#base}; start it with: omg serve`;
      throw new OmgError("gateway_unreachable", { message, cause });
    });
    const body = (await response.json().catch(() => ({}))) as { message?: string };
    if (response.ok) return body;
    const message = `The gateway at ${this.#base} answered ${response.status}: ${body.message ?? response.statusText}`;
    if (response.status === 401 || response.status === 403) {
      throw new CommandFailure(
        exitCodes.authenticationRequired,
        `error: ${message}; set MCP_GATEWAY_API_KEY`,
      );
    }
    throw new OmgError(response.status === 503 ? "overloaded" : "upstream_start_failed", { message });
  }
}

/** Where the gateway of this configuration would listen. */
export function gatewayUrl(configuration: Configuration): string {
  const { host, port } = parseListenAddress(configuration.file.listen_addr);
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
