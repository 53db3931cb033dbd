import { OmgError } from "../runtime/errors.ts";

/** One item of a merged list. */
export interface PlacedItem {
  /** The server's slug. */
  readonly slug: string;
  /** The name or URI that clients see. */
  readonly key: string;
  readonly bytes: Buffer;
}

/** Many clients ask for the first page only. */
const pageSize = 1000;

/** The items of one page as a JSON array, and how to ask for the next one. */
export interface Page {
  readonly array: Buffer;
  readonly nextCursor?: string | undefined;
}

/**
 * A page of a list: the first, or the one after a cursor. A cursor names the last item of its page, so it stays good when
 * servers come, go or change what they offer: what follows that item follows still, and nothing is told twice. Throws
 * `bad_params` for what is no cursor.
 */
export function pageOf(items: readonly PlacedItem[], cursor?: string): Page {
  const start = cursor === undefined ? 0 : startAfter(items, readCursor(cursor));
  const page = items.slice(start, start + pageSize);
  const array = jsonArray(page.map(({ bytes }) => bytes));
  const end = start + page.length;
  return end < items.length ? { array, nextCursor: cursorAt(items, end - 1) } : { array };
}

interface Position {
  readonly slug: string;
  readonly key: string;
  /** Where the item stood among those of its server, and in the whole list. */
  readonly index: number;
  readonly place: number;
}

function cursorAt(items: readonly PlacedItem[], place: number): string {
  const { slug, key } = items[place] as PlacedItem;
  const index = place - items.findIndex((item) => item.slug === slug);
  return Buffer.from(JSON.stringify([slug, key, index, place])).toString("base64url");
}

function readCursor(cursor: string): Position {
  try {
    const [slug, key, index, place] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    const isPosition =
      typeof slug === "string" && typeof key === "string" && isIndex(index) && isIndex(place);
    if (isPosition) return { slug, key, index, place };
  } catch {
    // Said below.
  }
  throw new OmgError("bad_params", { message: "Unknown cursor: ask for the list without one" });
}

function startAfter(items: readonly PlacedItem[], { slug, key, index, place }: Position): number {
  const at = items.findIndex((item) => item.slug === slug && item.key === key);
  if (at >= 0) return at + 1;
  const first = items.findIndex((item) => item.slug === slug);
  // The server, or the item, is gone: what came after it has moved up.
  if (first < 0) return Math.max(0, place - index);
  const count = items.filter((item) => item.slug === slug).length;
  return first + Math.min(index, count);
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function jsonArray(items: readonly Buffer[]): Buffer {
  const parts = items.flatMap((bytes, index) => (index === 0 ? [bytes] : [comma, bytes]));
  return Buffer.concat([opening, ...parts, closing]);
}

const opening = Buffer.from("[");
const comma = Buffer.from(",");
const closing = Buffer.from("]");
