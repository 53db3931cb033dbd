import type { PooledServer } from "../pool/server.ts";
import { type ListedItem, type Listing, type ListKind, listKinds } from "./listing.ts";
import { templateMatches } from "./uri-template.ts";
import { wireNames } from "./wire-names.ts";

/** Where a wire name leads. */
export interface Route {
  readonly server: PooledServer;
  /** The server's own name. */
  readonly name: string;
}

/** What several servers offer together, ready to be sent and to be routed by. Immutable. */
export interface MergedView {
  /** The JSON array of each kind, in the order of the catalog. */
  readonly arrays: Readonly<Record<ListKind, Buffer>>;
  tool(wireName: string): Route | undefined;
  prompt(wireName: string): Route | undefined;
  /** The server that lists a URI, or else has a template for it. */
  resource(uri: string): PooledServer | undefined;
}

export interface ListedServer {
  readonly server: PooledServer;
  readonly slug: string;
  readonly listing: Listing;
}

/** `warn` hears of resources that several servers list: the first of the catalog serves them. */
export function mergeListings(
  listed: readonly ListedServer[],
  warn: (server: string, message: string) => void,
): MergedView {
  const tools = mergeNamed(listed, "tools");
  const prompts = mergeNamed(listed, "prompts");
  const resources = mergeUris(listed, "resources", warn);
  const templates = mergeUris(listed, "resourceTemplates", warn);
  return {
    arrays: {
      tools: tools.array,
      prompts: prompts.array,
      resources: resources.array,
      resourceTemplates: templates.array,
    },
    tool: (wireName) => tools.routes.get(wireName),
    prompt: (wireName) => prompts.routes.get(wireName),
    resource: (uri) =>
      resources.owners.get(uri) ?? templates.owners.get(uri) ?? byTemplate(templates.owners, uri),
  };
}

function mergeNamed(
  listed: readonly ListedServer[],
  kind: "tools" | "prompts",
): { array: Buffer; routes: Map<string, Route> } {
  const routes = new Map<string, Route>();
  const items: Buffer[] = [];
  for (const { server, slug, listing } of listed) {
    const names = wireNames(
      slug,
      listing[kind].map((item) => item.key),
    );
    for (const item of listing[kind]) {
      const wireName = names.get(item.key) as string;
      routes.set(wireName, { server, name: item.key });
      items.push(withKey(item, wireName));
    }
  }
  return { array: jsonArray(items), routes };
}

function mergeUris(
  listed: readonly ListedServer[],
  kind: "resources" | "resourceTemplates",
  warn: (server: string, message: string) => void,
): { array: Buffer; owners: Map<string, PooledServer> } {
  const owners = new Map<string, PooledServer>();
  const items: Buffer[] = [];
  for (const { server, listing } of listed) {
    for (const item of listing[kind]) {
      const owner = owners.get(item.key);
      if (owner) {
        const what = `lists ${listKinds[kind].key} ${item.key}, which server '${owner.id}' lists too`;
        warn(
          server.id,
          `Server '${server.id}' ${what}; /mcp serves the latter's, its own endpoint serves both`,
        );
        continue;
      }
      owners.set(item.key, server);
      items.push(item.bytes);
    }
  }
  return { array: jsonArray(items), owners };
}

/** Of several templates that match, the longest is taken to know best. */
function byTemplate(owners: ReadonlyMap<string, PooledServer>, uri: string): PooledServer | undefined {
  let best: string | undefined;
  for (const template of owners.keys()) {
    if (templateMatches(template, uri) && (best === undefined || template.length > best.length))
      best = template;
  }
  return best === undefined ? undefined : owners.get(best);
}

function withKey(item: ListedItem, key: string): Buffer {
  const { bytes, span } = item;
  return Buffer.concat([
    bytes.subarray(0, span.start),
    Buffer.from(JSON.stringify(key)),
    bytes.subarray(span.end),
  ]);
}

function jsonArray(items: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from("[")];
  for (const [index, item] of items.entries()) {
    if (index > 0) parts.push(Buffer.from(","));
    parts.push(item);
  }
  parts.push(Buffer.from("]"));
  return Buffer.concat(parts);
}
