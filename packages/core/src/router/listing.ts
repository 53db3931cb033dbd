import type { RunningInstance } from "../pool/start-instance.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import { type ItemPage, type ListedItem, readArray, readItems } from "../runtime/json-items.ts";
import { scanMembers } from "../runtime/json-members.ts";
import { JsonScanner, type Span } from "../runtime/json-scanner.ts";
import type { Params } from "../runtime/transport.ts";
import { errorText } from "../upstream/error-text.ts";
import { faultOf } from "../upstream/mirrored-headers.ts";
import { quoted } from "../visible-text.ts";
import { type Caching, cachingOf, narrowest } from "./caching.ts";

/** What can be listed, by the member of the result that holds it. */
export type ListKind = "tools" | "prompts" | "resources" | "resourceTemplates";

export const listKinds = {
  tools: { method: "tools/list", capability: "tools", key: "name" },
  prompts: { method: "prompts/list", capability: "prompts", key: "name" },
  resources: { method: "resources/list", capability: "resources", key: "uri" },
  resourceTemplates: { method: "resources/templates/list", capability: "resources", key: "uriTemplate" },
} as const satisfies Record<ListKind, { method: string; capability: string; key: string }>;

const kinds = Object.keys(listKinds) as ListKind[];

/** All that a server offers. */
export interface Listing extends Readonly<Record<ListKind, readonly ListedItem[]>> {
  readonly introduction: KnownIntroduction;
  /** What a server of the modern era said of how long each list may be kept. */
  readonly caching?: ListCaching | undefined;
}

type ListCaching = Readonly<Record<ListKind, Caching>>;

/** What clients of the aggregate get to know of a server's introduction. */
export interface KnownIntroduction {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions?: string | undefined;
}

const maxPages = 100;
const maxItems = 1000;

/** A listing as it was fetched, and why the server lists some kinds not at all, by kind. */
export interface Fetched {
  readonly listing: Listing;
  readonly refused: ReadonlyMap<ListKind, OmgError>;
}

/**
 * Asks a running server for everything it offers, all pages of it. A kind that the server does not have is empty; one
 * that it refuses is as it was `before`, and `warn` hears of it.
 */
export async function fetchListing(
  server: string,
  instance: RunningInstance,
  warn: (message: string) => void,
  before?: Listing,
): Promise<Fetched> {
  const { introduction, upstream } = instance;
  const refused = new Map<ListKind, OmgError>();
  const isModern = upstream.era === "modern";
  const lists = await Promise.all(
    kinds.map(async (kind): Promise<FetchedList> => {
      const { capability } = listKinds[kind];
      const none = { items: [], caching: cachingOf(introduction) };
      if (!introduction.capabilities[capability]) return none;
      const list = await fetchKind(server, instance, kind, warn).catch((error: OmgError) => {
        if (error.reason !== "upstream_protocol_error") throw error;
        warn(error.message);
        refused.set(kind, error);
        return { items: before?.[kind] ?? [], caching: cachingOf({}) };
      });
      const isStrict = isModern && upstream.isPerRequest && kind === "tools";
      return isStrict ? { ...list, items: withoutFaults(server, list.items, warn) } : list;
    }),
  );
  const { capabilities, instructions } = introduction;
  const list = (kind: ListKind) => lists[kinds.indexOf(kind)] as FetchedList;
  const listing = listingOf({ capabilities, instructions: textOf(instructions) }, (kind) => list(kind).items);
  if (!isModern) return { listing, refused };
  return { listing: { ...listing, caching: byKind((kind) => list(kind).caching) }, refused };
}

interface FetchedList {
  readonly items: readonly ListedItem[];
  readonly caching: Caching;
}

async function fetchKind(
  server: string,
  instance: RunningInstance,
  kind: ListKind,
  warn: (message: string) => void,
): Promise<FetchedList> {
  const { method } = listKinds[kind];
  const items: ListedItem[] = [];
  const caching: Caching[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  let nameless = 0;
  do {
    const answer = await instance.upstream.ask(method, cursor === undefined ? undefined : { cursor });
    const message = answer.value();
    if ("error" in message) throw refusal(server, `answers ${method} with: ${errorText(message)}`);
    const page = readPage(answer.bytes, answer.spans.payload?.start ?? 0, kind);
    items.push(...page.items);
    nameless += page.nameless;
    caching.push(cachingOf("result" in message ? message.result : {}));
    cursor = page.nextCursor;
    if (items.length > maxItems) throw refusal(server, `lists more than ${maxItems} ${kind}`);
    if (seen.size >= maxPages) throw refusal(server, `lists its ${kind} on more than ${maxPages} pages`);
    if (cursor !== undefined && seen.has(cursor)) throw refusal(server, `lists its ${kind} in a circle`);
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
  const byKey = firstByKey(items);
  const dropped = nameless + items.length - byKey.size;
  const { key } = listKinds[kind];
  if (dropped > 0)
    warn(`Server '${server}' lists ${dropped} ${kind} that have no ${key}, or one that is not theirs alone`);
  return { items: [...byKey.values()], caching: narrowest(caching) };
}

/** A tool whose arguments could not be mirrored into headers as MCP wants it can not be called either. */
function withoutFaults(
  server: string,
  tools: readonly ListedItem[],
  warn: (message: string) => void,
): readonly ListedItem[] {
  return tools.filter((tool) => {
    const fault = faultOf(tool);
    if (fault === undefined) return true;
    warn(`Tool ${quoted(tool.key)} of server '${server}' is not offered: its x-mcp-header has ${fault}`);
    return false;
  });
}

/** Tools by name: calls look them up. */
const toolsOf = new WeakMap<Listing, ReadonlyMap<string, ListedItem>>();

export function toolOf(listing: Listing, name: string): ListedItem | undefined {
  let tools = toolsOf.get(listing);
  if (!tools) {
    tools = new Map(listing.tools.map((tool) => [tool.key, tool]));
    toolsOf.set(listing, tools);
  }
  return tools.get(name);
}

/** The tools of a page that a server answers with. */
export function toolsIn({ bytes, spans }: Frame): readonly ListedItem[] {
  return spans.payload ? readPage(bytes, spans.payload.start, "tools").items : [];
}

export function sameListing(a: Listing, b: Listing): boolean {
  if (JSON.stringify(a.introduction) !== JSON.stringify(b.introduction)) return false;
  if (JSON.stringify(a.caching) !== JSON.stringify(b.caching)) return false;
  return kinds.every((kind) => sameItems(a, b, kind));
}

/** Whether two listings hold the same of one kind. */
export function sameItems(a: Listing, b: Listing, kind: ListKind): boolean {
  const others = b[kind];
  return (
    a[kind].length === others.length &&
    a[kind].every((item, index) => item.bytes.equals((others[index] as typeof item).bytes))
  );
}

/** A listing as JSON, in the servers' own bytes. */
export function serializeListing(listing: Listing): string {
  const lists = kinds.map((kind) => `"${kind}":[${listing[kind].map(({ bytes }) => bytes).join(",")}]`);
  const { introduction, caching } = listing;
  const more = caching === undefined ? "" : `"caching":${JSON.stringify(caching)},`;
  return `{"introduction":${JSON.stringify(introduction)},${more}${lists.join(",")}}`;
}

/** Undefined for what is no listing. */
export function parseListing(text: string): Listing | undefined {
  const bytes = Buffer.from(text);
  if (!text.startsWith("{")) return undefined;
  try {
    const members = scanMembers(bytes);
    const listing = listingOf(storedIntroduction(bytes, members), (kind) =>
      storedItems(bytes, members, kind),
    );
    const caching = storedCaching(bytes, members);
    return caching ? { ...listing, caching } : listing;
  } catch {
    return undefined;
  }
}

function listingOf(
  introduction: KnownIntroduction,
  items: (kind: ListKind) => readonly ListedItem[],
): Listing {
  return { ...byKind(items), introduction };
}

function byKind<T>(make: (kind: ListKind) => T): Record<ListKind, T> {
  return Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as Record<ListKind, T>;
}

/** Throws for what was stored in another form. */
function storedIntroduction(bytes: Buffer, members: ReadonlyMap<string, Span>): KnownIntroduction {
  const stored = memberOf(bytes, members, "introduction");
  if (!stored) throw new Error("The listing was stored without an introduction");
  const { capabilities, instructions } = stored;
  return { capabilities: capabilities as Params, instructions: textOf(instructions) };
}

function storedItems(bytes: Buffer, members: ReadonlyMap<string, Span>, kind: ListKind): ListedItem[] {
  const span = members.get(kind);
  return span ? readArray(new JsonScanner(bytes, span.start), listKinds[kind].key).items : [];
}

function storedCaching(bytes: Buffer, members: ReadonlyMap<string, Span>): ListCaching | undefined {
  const stored = memberOf(bytes, members, "caching");
  return stored && byKind((kind) => cachingOf((stored[kind] ?? {}) as Params));
}

function memberOf(bytes: Buffer, members: ReadonlyMap<string, Span>, key: string): Params | undefined {
  const span = members.get(key);
  return span && (JSON.parse(bytes.toString("utf8", span.start, span.end)) as Params);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readPage(bytes: Buffer, start: number, kind: ListKind): ItemPage {
  return readItems(bytes, start, kind, listKinds[kind].key);
}

/** Nobody could call the second of two that have one name: the server itself could not tell which is meant. */
function firstByKey(items: readonly ListedItem[]): Map<string, ListedItem> {
  const byKey = new Map<string, ListedItem>();
  for (const item of items) if (!byKey.has(item.key)) byKey.set(item.key, item);
  return byKey;
}

function refusal(server: string, what: string): OmgError {
  return new OmgError("upstream_protocol_error", { server, message: `Server '${server}' ${what}` });
}
