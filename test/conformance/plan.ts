import type { EraName, Revision } from "./revisions.ts";

// What is run with the gateway between the suite and a server or client. All of it must come out as it does without the
// gateway, but for `exceptions.ts`.

/** A way a server can stand behind the gateway. */
export interface Place {
  /** Of the run at the endpoint of the one server. */
  readonly name: string;
  /** Of the run at the endpoint of all servers. Default: there is none. */
  readonly onAll?: string;
  readonly runtime: "process" | "http" | "sse";
  readonly scope?: "session";
}

const local: Place = { name: "one server", onAll: "all servers", runtime: "process" };
const sessionScope: Place = { name: "session scope", runtime: "process", scope: "session" };
const remote: Place = { name: "remote", onAll: "remote, all", runtime: "http" };
const remoteSse: Place = { name: "remote SSE", runtime: "sse" };
/** One connection does not say whom a server asks, and the suite leaves calls open that wait for answers. */
const remoteSseSession: Place = { name: "remote SSE, session scope", runtime: "sse", scope: "session" };

/** What the suite asks for by one revision, of servers that speak one era. */
export interface Crossing {
  readonly revision: Revision;
  /** Of the server behind the gateway, which knows no other. */
  readonly era: EraName;
  readonly places: readonly Place[];
  /** Whether the gateway can do it, so that it is run without `--all`. */
  readonly ready: boolean;
}

export const crossings: readonly Crossing[] = [
  {
    revision: "2025-11-25",
    era: "legacy",
    places: [local, sessionScope, remote, remoteSse],
    ready: true,
  },
  { revision: "2025-11-25", era: "modern", places: [local, sessionScope, remote], ready: true },
  { revision: "2026-07-28", era: "modern", places: [local, remote], ready: true },
  {
    revision: "2026-07-28",
    era: "legacy",
    places: [local, sessionScope, remote, remoteSseSession],
    ready: true,
  },
];

/** The same for clients: their scenarios at a gateway that has the suite's servers behind it. */
export const clients: readonly { readonly revision: Revision; readonly ready: boolean }[] = [
  { revision: "2025-11-25", ready: true },
  { revision: "2026-07-28", ready: true },
];

/** Revisions whose logins the gateway is asked to do. */
export const logins: readonly Revision[] = ["2025-11-25", "2026-07-28"];
