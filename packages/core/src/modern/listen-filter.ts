import type { ListKind } from "../router/listing.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Params } from "../runtime/transport.ts";

/** What a client wants to hear of (MCP 2026-07-28, subscriptions). */
export interface ListenFilter {
  readonly kinds: readonly ListKind[];
  /** Resources whose changes it wants to hear of. */
  readonly uris: readonly string[];
}

const maxUris = 1000;

const kindsOf: Readonly<Record<string, readonly ListKind[]>> = {
  toolsListChanged: ["tools"],
  promptsListChanged: ["prompts"],
  resourcesListChanged: ["resources", "resourceTemplates"],
};

/** Reads the filter of a request. Throws `bad_params`. */
export function readFilter({ notifications }: Params): ListenFilter {
  if (typeof notifications !== "object" || notifications === null || Array.isArray(notifications)) {
    throw badFilter("The parameter notifications must be an object");
  }
  const wanted = notifications as Readonly<Record<string, unknown>>;
  const kinds = Object.entries(kindsOf).flatMap(([key, listed]) => (wanted[key] === true ? listed : []));
  const uris = wanted.resourceSubscriptions ?? [];
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === "string")) {
    throw badFilter("resourceSubscriptions must be a list of URIs");
  }
  if (uris.length > maxUris) throw badFilter(`resourceSubscriptions must not name more than ${maxUris} URIs`);
  return { kinds, uris: [...new Set(uris)] };
}

/** The filter as the client is told it. */
export function writtenFilter({ kinds, uris }: ListenFilter): Params {
  const flags = Object.entries(kindsOf).filter(([, listed]) => listed.some((kind) => kinds.includes(kind)));
  return {
    ...Object.fromEntries(flags.map(([key]) => [key, true])),
    ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
  };
}

function badFilter(message: string): OmgError {
  return new OmgError("bad_params", { message });
}
