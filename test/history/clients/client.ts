import type { Gateway } from "@omg/core";
import type { ServerId } from "../cast.ts";
import type { History } from "../history.ts";
import type { Request } from "../request.ts";

/** One client, from its first request to its leaving. All that comes to it goes to the history. */
export interface Client {
  readonly name: string;
  /** Requests that are not withdrawn and have no answer yet, in the order of their sending. */
  readonly open: ReadonlySet<Request>;
  send(request: Request): void;
  cancel(request: Request): void;
  /** Goes for good; resolves when the gateway has let it go. */
  leave(cut: boolean): Promise<void>;
}

export interface ClientOptions {
  /** A name that no other client has had. */
  readonly name: string;
  readonly gateway: Gateway;
  /** Where the gateway listens. */
  readonly port: number;
  readonly server: ServerId | undefined;
  readonly history: History;
}

/** The path of the client's endpoint. */
export function pathOf({ server }: ClientOptions): string {
  return server === undefined ? "/mcp" : `/servers/${server}/mcp`;
}

export const initializeParams = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "history", version: "1.0.0" },
};
