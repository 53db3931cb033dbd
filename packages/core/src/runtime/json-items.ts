import { foldedKey } from "./json-members.ts";
import { JsonScanner, type Span } from "./json-scanner.ts";

/** One item of a list (a tool, prompt, resource, template or task), in the server's own bytes. */
export interface ListedItem {
  /** The item as the server wrote it. */
  readonly bytes: Buffer;
  /** Its name, URI, template or id. */
  readonly key: string;
  /** Where the key stands in `bytes`. */
  readonly span: Span;
}

export interface ItemPage {
  readonly items: ListedItem[];
  /** How many more there were that have no key, or no one key that everybody reads the same. */
  readonly nameless: number;
  /** Where the array stands. */
  readonly span?: Span | undefined;
  readonly nextCursor?: string | undefined;
}

/**
 * Cuts a list result, which starts at `start`, into the items of one member, untouched. What has no key is left out, and
 * what has several: which of them counts would depend on who reads it.
 */
export function readItems(bytes: Buffer, start: number, member: string, keyName: string): ItemPage {
  const items: ListedItem[] = [];
  let nameless = 0;
  let span: Span | undefined;
  let nextCursor: string | undefined;
  const scanner = new JsonScanner(bytes, start);
  if (scanner.peek() !== 0x7b) return { items, nameless };
  scanner.object((key) => {
    if (key === member && scanner.peek() === 0x5b) {
      const from = scanner.position;
      const read = readArray(scanner, keyName);
      // Of two such members, both count; there may be more items than a call may have arguments.
      for (const item of read.items) items.push(item);
      nameless += read.nameless;
      span = { start: from, end: scanner.position };
    } else if (key === "nextCursor" && scanner.peek() === 0x22) nextCursor = scanner.string();
    else scanner.skip();
  });
  return { items, nameless, span, nextCursor };
}

/** The items of the array that the scanner stands before. */
export function readArray(scanner: JsonScanner, keyName: string): Pick<ItemPage, "items" | "nameless"> {
  const items: ListedItem[] = [];
  let nameless = 0;
  scanner.array(() => {
    const item = readItem(scanner, keyName);
    if (item) items.push(item);
    else nameless++;
  });
  return { items, nameless };
}

/** One item, from its own bytes; undefined for what has no key. */
export function itemOf(bytes: Buffer, keyName: string): ListedItem | undefined {
  return readItem(new JsonScanner(bytes), keyName);
}

/** What items have by the protocol; none of them looks like another. */
const usualMembers = new Set([
  ...["name", "uri", "uriTemplate", "taskId", "title", "description", "icons", "annotations", "_meta"],
  ...["inputSchema", "outputSchema", "execution", "arguments", "mimeType", "size"],
]);

/** Whether a lenient reader would take a member for the key. To fold each member took half of the time that a listing takes. */
function claimsToBe(keyName: string, member: string): boolean {
  return member === keyName || (!usualMembers.has(member) && foldedKey(member) === foldedKey(keyName));
}

function readItem(scanner: JsonScanner, keyName: string): ListedItem | undefined {
  if (scanner.peek() !== 0x7b) {
    scanner.skip();
    return undefined;
  }
  const start = scanner.position;
  let key: string | undefined;
  let span: Span | undefined;
  let claims = 0;
  scanner.object((member) => {
    if (claimsToBe(keyName, member)) claims++;
    if (member === keyName && scanner.peek() === 0x22) {
      const from = scanner.position;
      key = scanner.string();
      span = { start: from - start, end: scanner.position - start };
    } else scanner.skip();
  });
  if (key === undefined || span === undefined || claims > 1) return undefined;
  // A copy, so that what is remembered does not hold the frame it came in.
  return { bytes: Buffer.from(scanner.bytes.subarray(start, scanner.position)), key, span };
}
