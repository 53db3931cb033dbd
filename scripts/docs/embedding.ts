import type { GatewayEvent } from "../../packages/core/src/index.ts";
import type { HttpEvent } from "../../packages/transport-http/src/index.ts";
import { type PublicName, publicName } from "../../test/support/public-names.ts";
import { markdownTable } from "./table.ts";

const core = "packages/core/src/index.ts";
const http = "packages/transport-http/src/index.ts";

export const embeddingRegions = {
  "options of createGateway": () => optionTable(membersOf(core, "GatewayOptions")),
  "members of Gateway": () => memberTable(membersOf(core, "Gateway")),
  "events of a gateway": () => eventTable(gatewayEvents),
  "options of createHttpHandler": () =>
    optionTable([...membersOf(http, "HandlerOptions"), ...membersOf(http, "FrontOptions")]),
  "events of a front": () => eventTable(frontEvents),
} as const;

/** The arm of a union of events that has this type. */
type EventOf<Event, Type> = Event extends { readonly type: infer Own }
  ? Type extends Own
    ? Event
    : never
  : never;

/** What each event says, and what its members are. */
type Events<Event extends { readonly type: string }> = {
  readonly [Type in Event["type"]]: {
    readonly when: string;
    readonly members: Readonly<Record<Exclude<keyof EventOf<Event, Type>, "type">, string>>;
  };
};

const server = "its id";

const gatewayEvents: Events<GatewayEvent> = {
  "server-state": {
    when: "a server goes from one state to another",
    members: {
      server,
      from: "the old state",
      to: "the new one",
      why: "if it was not asked for",
      instance: "the pid, container or pod, once ready",
      startMs: "what the start took, once ready",
    },
  },
  "server-log": { when: "a server has written a line to stderr", members: { server, line: "" } },
  "server-progress": { when: "a slow start says how far it is", members: { server, message: "" } },
  "server-listed": {
    when: "what a server offers is known, or known anew",
    members: { server, tools: "how many" },
  },
  "server-warning": {
    when: "a person should know something about a server",
    members: { server, message: "" },
  },
  "call-end": {
    when: "a request that was led to a server has its answer, or got none",
    members: {
      server,
      method: "",
      session: "whose it was",
      durationMs: "the start of the server included",
      error: "set when the gateway answered in the server's place",
    },
  },
  "session-start": {
    when: "a client has connected",
    members: { session: "its id", server: "absent: it is for all servers" },
  },
  "session-end": { when: "it has gone", members: { session: "", server: "" } },
  "catalog-reload": {
    when: "`reload` has replaced the catalog",
    members: {
      added: "ids",
      removed: "ids",
      changed: "ids",
      unchanged: "ids",
      kept: "of `unchanged`: the new entry can not be used",
    },
  },
  "frame-dropped": {
    when: "something that a server or a client sent was for nobody",
    members: { server: "", session: "", what: "in words" },
  },
  "store-failed": {
    when: "the store could not read or write; the gateway goes on without",
    members: { error: "" },
  },
  "internal-error": { when: "a fault of the gateway, or of a runtime", members: { error: "" } },
};

const frontEvents: Events<HttpEvent> = {
  "http-error": { when: "a fault: the client got 500", members: { error: "" } },
  "http-stream-stalled": {
    when: "an event stream was cut because its client did not read",
    members: { session: "" },
  },
  "http-connections-full": {
    when: "all connections are taken; by `serveHttp` alone",
    members: { limit: "how many" },
  },
};

function membersOf(entry: string, name: string): PublicName[] {
  return publicName(entry, name).filter((item) => item.name.startsWith(`${name}.`));
}

/** Of doc comments, where a default stands at the end. */
function optionTable(options: readonly PublicName[]): string {
  const rows = options.map(({ name, doc = "", isOptional }) => {
    const [meaning = "", preset] = doc.replace(/\.$/, "").split(/\.? Default: /);
    return [code(name), meaning, isOptional ? (preset ?? "none") : "required"];
  });
  return markdownTable(["Option", "Meaning", "Default"], rows);
}

/** Of doc comments, the first sentence. */
function memberTable(members: readonly PublicName[]): string {
  const rows = members.map(({ name, doc = "" }) => [
    code(name),
    doc.replace(/\. .*/, ".").replace(/\.$/, ""),
  ]);
  return markdownTable(["Member", "What it does"], rows);
}

function eventTable(events: Readonly<Record<string, { when: string; members: object }>>): string {
  const rows = Object.entries(events).map(([type, { when, members }]) => {
    const named = Object.entries(members).map(([name, meaning]) =>
      meaning === "" ? code(name) : `${code(name)} (${meaning})`,
    );
    return [code(type), when, named.join(", ")];
  });
  return markdownTable(["Event", "When", "What it has"], rows);
}

function code(name: string): string {
  return `\`${name.split(".").at(-1)}\``;
}
