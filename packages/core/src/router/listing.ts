import type { RunningInstance } from "../pool/start-instance.ts";
import { OmgError } from "../runtime/errors.ts";
import { JsonScanner, type Span } from "../runtime/json-scanner.ts";
import { errorText } from "../upstream/error-text.ts";

/** What can be listed, by the member of the result that holds it. */
export type ListKind = "tools" | "prompts" | "resources" | "resourceTemplates";

export const listKinds = {
  tools: { method: "tools/list", capability: "tools", key: "name" },
  prompts: { method: "prompts/list", capability: "prompts", key: "name" },
  resources: { method: "resources/list", capability: "resources", key: "uri" },
  resourceTemplates: { method: "resources/templates/list", capability: "resources", key: "uriTemplate" },
} as const satisfies Record<ListKind, { method: string; capability: string; key: string }>;

const kinds = Object.keys(listKinds) as ListKind[];

/** One tool, prompt, resource or template, in the server's own bytes. */
export interface ListedItem {
  readonly bytes: Buffer;
  /** Its name, URI or template. */
  readonly key: string;
  /** Where the key stands in `bytes`. */
  readonly span: Span;
}

/** All that a server offers. */
export type Listing = Readonly<Record<ListKind, readonly ListedItem[]>>;

const maxPages = 100;
const maxItems = 1000;

/**
 * Asks a running server for everything it offers, all pages of it. A kind that the server does not have, or refuses,
 * is as it was `before`, or empty; `warn` hears of a refusal.
 */
export async function fetchListing(
  server: string,
  instance: RunningInstance,
  warn: (message: string) => void,
  before?: Listing,
): Promise<Listing> {
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { capability } = listKinds[kind];
      if (!instance.introduction.capabilities[capability]) return [];
      return fetchKind(server, instance, kind).catch((error: OmgError) => {
        if (error.reason !== "upstream_protocol_error") throw error;
        warn(error.message);
        return before?.[kind] ?? [];
      });
    }),
  );
  return listingOf((kind) => lists[kinds.indexOf(kind)] ?? []);
}

async function fetchKind(server: string, instance: RunningInstance, kind: ListKind): Promise<ListedItem[]> {
  const { method } = listKinds[kind];
  const items: ListedItem[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const answer = await instance.upstream.ask(method, cursor === undefined ? undefined : { cursor });
    const message = answer.value();
    if ("error" in message) throw refused(server, `answers ${method} with: ${errorText(message)}`);
    const page = readPage(answer.bytes, answer.spans.payload?.start ?? 0, kind);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (items.length > maxItems) throw refused(server, `lists more than ${maxItems} ${kind}`);
    if (seen.size >= maxPages) throw refused(server, `lists its ${kind} on more than ${maxPages} pages`);
    if (cursor !== undefined && seen.has(cursor)) throw refused(server, `lists its ${kind} in a circle`);
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
  return withoutDuplicates(items);
}

/** A listing as JSON, in the servers' own bytes. */
export function serializeListing(listing: Listing): string {
  const lists = kinds.map((kind) => `"${kind}":[${listing[kind].map(({ bytes }) => bytes).join(",")}]`);
  return `{${lists.join(",")}}`;
}

/** Undefined for what is no listing. */
export function parseListing(text: string): Listing | undefined {
  const bytes = Buffer.from(text);
  if (!text.startsWith("{")) return undefined;
  try {
    return listingOf((kind) => readPage(bytes, 0, kind).items);
  } catch {
    return undefined;
  }
}

function listingOf(items: (kind: ListKind) => readonly ListedItem[]): Listing {
  return Object.fromEntries(kinds.map((kind) => [kind, items(kind)])) as unknown as Listing;
}

/** Cuts a list result, which starts at `start`, into its items, untouched. */
function readPage(
  bytes: Buffer,
  start: number,
  kind: ListKind,
): { items: ListedItem[]; nextCursor?: string | undefined } {
  const items: ListedItem[] = [];
  let nextCursor: string | undefined;
  const scanner = new JsonScanner(bytes, start);
  if (scanner.peek() !== 0x7b) return { items };
  scanner.object((key) => {
    if (key === kind && scanner.peek() === 0x5b) {
      scanner.array(() => {
        const item = readItem(scanner, listKinds[kind].key);
        if (item) items.push(item);
      });
    } else if (key === "nextCursor" && scanner.peek() === 0x22) nextCursor = scanner.string();
    else scanner.skip();
  });
  return { items, nextCursor };
}

function readItem(scanner: JsonScanner, keyName: string): ListedItem | undefined {
  if (scanner.peek() !== 0x7b) {
    scanner.skip();
    return undefined;
  }
  const start = scanner.position;
  let key: string | undefined;
  let span: Span | undefined;
  scanner.object((member) => {
    if (member === keyName && scanner.peek() === 0x22) {
      const from = scanner.position;
      key = scanner.string();
      span = { start: from - start, end: scanner.position - start };
    } else scanner.skip();
  });
  if (key === undefined || span === undefined) return undefined;
  // A copy, so that the memory of a listing does not hold the frame it came in.
  return { bytes: Buffer.from(scanner.bytes.subarray(start, scanner.position)), key, span };
}

function withoutDuplicates(items: ListedItem[]): ListedItem[] {
  const byKey = new Map<string, ListedItem>();
  for (const item of items) if (!byKey.has(item.key)) byKey.set(item.key, item);
  return [...byKey.values()];
}

function refused(server: string, what: string): OmgError {
  return new OmgError("upstream_protocol_error", { server, message: `Server '${server}' ${what}` });
}
