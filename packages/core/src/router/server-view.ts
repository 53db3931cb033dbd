import { type ListedItem, type Listing, type ListKind, listKinds } from "./listing.ts";
import { templateMatches } from "./uri-template.ts";
import { wireNames } from "./wire-names.ts";

/** What one server contributes to the aggregate: its items under their wire names, and the way back. Immutable. */
export interface ServerView {
  readonly items: Readonly<Record<ListKind, readonly ViewedItem[]>>;
  /** The server's own names by wire name. */
  readonly tools: ReadonlyMap<string, string>;
  readonly prompts: ReadonlyMap<string, string>;
}

export interface ViewedItem {
  /** The name, URI or template that clients see. */
  readonly key: string;
  /** As it stands in the merged list. */
  readonly bytes: Buffer;
}

export function viewServer(slug: string, listing: Listing): ServerView {
  const tools = named(slug, listing.tools);
  const prompts = named(slug, listing.prompts);
  return {
    items: {
      tools: tools.items,
      prompts: prompts.items,
      resources: listing.resources,
      resourceTemplates: listing.resourceTemplates,
    },
    tools: tools.names,
    prompts: prompts.names,
  };
}

/** How well a server's list fits a URI: it names the URI itself, has a template for it, or does not. */
export function fitOf(view: ServerView, uri: string): number {
  if (view.items.resources.some(({ key }) => key === uri)) return Number.POSITIVE_INFINITY;
  let best = 0;
  for (const { key } of view.items.resourceTemplates) {
    // A completion names the template itself.
    if (key === uri) return Number.POSITIVE_INFINITY;
    // Of several templates that match, the longest is taken to know best.
    if (key.length > best && templateMatches(key, uri)) best = key.length;
  }
  return best;
}

/** Items whose key must not occur twice in a merged list: those that keep their own. */
export function isAddress(kind: ListKind): boolean {
  return listKinds[kind].key !== "name";
}

function named(slug: string, items: readonly ListedItem[]) {
  const wire = wireNames(
    slug,
    items.map(({ key }) => key),
  );
  const names = new Map<string, string>();
  const viewed = items.map((item) => {
    const key = wire.get(item.key) as string;
    names.set(key, item.key);
    return { key, bytes: withKey(item, key) };
  });
  return { items: viewed, names };
}

function withKey({ bytes, span }: ListedItem, key: string): Buffer {
  return Buffer.concat([
    bytes.subarray(0, span.start),
    Buffer.from(JSON.stringify(key)),
    bytes.subarray(span.end),
  ]);
}
