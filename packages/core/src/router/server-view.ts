import type { ServerConfig } from "../config/types.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import { schemeOf } from "./addresses.ts";
import type { Listing, ListKind } from "./listing.ts";
import { nameRemarks } from "./name-remarks.ts";
import type { Remark } from "./remarks.ts";
import { type Rewrite, rewriteBytes } from "./rewrite-strings.ts";
import { showTools } from "./tool-policy.ts";
import { wireNames } from "./wire-names.ts";

/** What one server contributes to the aggregate: its items under their wire names, and the way back. Immutable. */
export interface ServerView {
  /** Resources and templates are as the server lists them. */
  readonly items: Readonly<Record<ListKind, readonly ListedItem[]>>;
  /** The server's own names by wire name. */
  readonly tools: ReadonlyMap<string, string>;
  readonly prompts: ReadonlyMap<string, string>;
  /** Its resources' URIs and its templates, and what its tools say to be shown by (MCP Apps), which need not be listed. */
  readonly uris: ReadonlySet<string>;
  /** Of these. */
  readonly schemes: ReadonlySet<string>;
  readonly remarks: readonly Remark[];
}

export function viewServer(
  { id, tools: policy = {} }: ServerConfig,
  slug: string,
  listing: Listing,
): ServerView {
  const shown = showTools(id, listing.tools, policy);
  const tools = named(slug, shown.items, ({ key }) => shown.names.get(key) as string);
  const prompts = named(slug, listing.prompts, ({ key }) => key);
  const { resources, resourceTemplates } = listing;
  const listed = [...resources, ...resourceTemplates].map(({ key }) => key);
  const uris = new Set([...listed, ...tools.items.flatMap(shownBy)]);
  return {
    items: { tools: tools.items, prompts: prompts.items, resources, resourceTemplates },
    tools: tools.names,
    prompts: prompts.names,
    uris,
    schemes: new Set([...uris].map(schemeOf)),
    remarks: [
      ...shown.remarks,
      ...nameRemarks(id, "tools", tools.wire),
      ...nameRemarks(id, "prompts", prompts.wire),
    ],
  };
}

/** A tool with other URIs in the place of those of the resources that show it. */
export function rewriteShownBy({ bytes }: ListedItem, uri: Rewrite): Buffer {
  if (!bytes.includes("resourceUri")) return bytes;
  return rewriteBytes(bytes, { _meta: { ui: { resourceUri: uri }, "ui/resourceUri": uri } });
}

function shownBy(tool: ListedItem): string[] {
  const uris: string[] = [];
  rewriteShownBy(tool, (uri) => {
    uris.push(uri);
    return uri;
  });
  return uris;
}

/** The item under another name or URI. */
export function withKey({ bytes, span }: ListedItem, key: string): ListedItem {
  const written = Buffer.from(JSON.stringify(key));
  return {
    bytes: Buffer.concat([bytes.subarray(0, span.start), written, bytes.subarray(span.end)]),
    key,
    span: { start: span.start, end: span.start + written.length },
  };
}

/** `shownAs`: what stands behind the slug, in plain letters. */
function named(slug: string, items: readonly ListedItem[], shownAs: (item: ListedItem) => string) {
  const wire = wireNames(slug, items.map(shownAs));
  const names = new Map<string, string>();
  const viewed = items.map((item) => {
    const key = wire.get(shownAs(item)) as string;
    names.set(key, item.key);
    return withKey(item, key);
  });
  return { items: viewed, names, wire };
}
