import type { Clock, Gateway, ReloadReport } from "@omg/core";
import type { HttpEvent } from "./http-event.ts";
import type { HttpLimits } from "./limits.ts";
import type { Pressure } from "./pressure.ts";

/** How the catalog in use relates to its files. */
export interface CatalogState {
  /** When the catalog in use was read. */
  readonly loadedAt: Date;
  /** What is wrong with the files as they are now, so that all or some of the catalog in use is older than they are. */
  readonly problems: readonly string[];
  /** Settings that were changed and count only after a restart. */
  readonly needsRestart: readonly string[];
}

/** What a front is made with, whoever has its sockets. */
export interface FrontOptions {
  /** What is served. It lives on when the front has ended. */
  readonly gateway: Gateway;
  /** The key that every request must bring, but for `/health`, `/healthz` and `/readyz`. Required beyond loopback. */
  readonly apiKey?: string | undefined;
  /** Further host names this front answers to. Default: loopback names, and the address that it listens on, if it does. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may use this front; `*`: all. Default: none but pages of this machine. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Reads the catalog anew. Without it there is no `POST /admin/reload`. */
  readonly reload?: (() => Promise<ReloadReport>) | undefined;
  /** For `GET /stats` and `GET /readyz`. Default: the catalog is as it was read at the start or by the last reload. */
  readonly catalog?: (() => CatalogState) | undefined;
  /** The product's version, for `GET /stats`. */
  readonly version?: string | undefined;
  /** Sizes, counts and times that clients may take up. Default: see each of them. */
  readonly limits?: Partial<HttpLimits> | undefined;
  /** How the process is doing, asked for each request: what it has no memory for is refused. Default: well. */
  readonly pressure?: (() => Pressure) | undefined;
  /** The time that sessions and streams go by, for tests. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Hears of what the front can tell nobody else; what it throws is dropped. Default: nobody. */
  readonly onEvent?: ((event: HttpEvent) => void) | undefined;
}
