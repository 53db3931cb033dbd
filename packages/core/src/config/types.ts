import type { PinLock, PinPolicy } from "../pins/types.ts";

/** One server of the catalog, in the keys of the file. */
export interface ServerConfig {
  /** What clients, the API and logs call the server. Any text that is not empty; no two entries have the same. */
  readonly id: string;
  /** What people are shown in the place of the id. */
  readonly display_name?: string | undefined;
  /** What it is for, for people who look at the catalog. */
  readonly description?: string | undefined;
  /** The runtime's name and its options. */
  readonly runtime: { readonly type: string; readonly [option: string]: unknown };
  /** Variables of the server's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Names of variables that the server gets from the gateway's own environment. */
  readonly inherit_env?: readonly string[] | undefined;
  /** Words to find servers by, as with `GET /servers?tag=…`. */
  readonly tags?: readonly string[] | undefined;
  /** One instance for all (`shared`, the default), or one a session. */
  readonly scope?: "shared" | "session" | undefined;
  /** How the server speaks MCP. `auto`, the default: found out at its first start. */
  readonly era?: "auto" | "legacy" | "modern" | undefined;
  /** Seconds without use before the server stops; 0: never. Default: the gateway's. */
  readonly idle_timeout_seconds?: number | undefined;
  /** Longest time from the start to the end of the handshake. Default: the gateway's. */
  readonly start_timeout_seconds?: number | undefined;
  /** What clients of all servers see of its tools. Default: all, as they are. */
  readonly tools?: ToolPolicy | undefined;
  /** What happens when its tools differ from their pins. Default: the gateway's. */
  readonly pins?: PinPolicy | undefined;
  /** Why this entry can not be used. The server is then `disabled`. */
  readonly problem?: string | undefined;
  /** Values to keep out of everything that is said about the server. */
  readonly secrets?: readonly string[] | undefined;
  /** The entry as written, references to variables unresolved: what may be shown to people, its secrets masked. */
  readonly written?: WrittenEntry | undefined;
}

/** What clients of all servers see of one server's tools, which it names itself; `*` in `allow` and `deny`: anything. */
export interface ToolPolicy {
  /** Default: all. */
  readonly allow?: readonly string[] | undefined;
  /** Wins over `allow`. */
  readonly deny?: readonly string[] | undefined;
  /** Other names, by the server's own. */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  /** Descriptions in place of the server's. */
  readonly describe?: Readonly<Record<string, string>> | undefined;
  /** Whether what people can not see is taken out, and what is too long cut. */
  readonly clean?: boolean | undefined;
  /** Longest description in characters. Default: 4096 with `clean`, else no limit. */
  readonly max_description?: number | undefined;
}

export interface WrittenEntry {
  readonly runtime: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** What the gateway itself needs to know; times in seconds. */
export interface GatewayConfig {
  /** The catalog, in the order in which it is listed. */
  readonly servers: readonly ServerConfig[];
  /** Seconds without use before a server stops; 0: never. Default 300. */
  readonly idle_timeout_seconds?: number | undefined;
  /** Default 30. */
  readonly start_timeout_seconds?: number | undefined;
  /** Longest wait for an answer or progress. Default 30. */
  readonly request_timeout_seconds?: number | undefined;
  /** Default 30; 0: no health checks. */
  readonly health_check_interval_seconds?: number | undefined;
  /** Calls in flight on one server. Default 4096. */
  readonly max_connections_per_server?: number | undefined;
  /** Longest wait for servers never listed before, when a client asks for all. Default 3. */
  readonly listing_wait_seconds?: number | undefined;
  /** What happens when the tools of a server differ from their pins. Default `warn`. */
  readonly pins?: PinPolicy | undefined;
  /** The pins. Default: nothing is pinned. */
  readonly lock?: PinLock | undefined;
  /** The folder that relative paths of the catalog start from. Default: `.` */
  readonly base_directory?: string | undefined;
}
