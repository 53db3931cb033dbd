import type { ListedItem } from "../runtime/json-items.ts";
import { JsonScanner } from "../runtime/json-scanner.ts";
import { quoted } from "../visible-text.ts";
import { holdsInvisible } from "./invisible.ts";
import { type Listing, type ListKind, listKinds } from "./listing.ts";
import { type Remark, remarkOn } from "./remarks.ts";

/** In characters. */
const maxDescription = 4096;
/** In bytes. */
const maxSchema = 64 * 1024;

/** What a model might be told by a server's definitions that people do not see, or not read to the end. */
export function definitionRemarks(server: string, listing: Listing): Remark[] {
  const all = (Object.keys(listKinds) as ListKind[]).flatMap((kind) => listing[kind]);
  const long = listing.tools.filter((tool) => isBeyond(tool));
  return [
    ...remarkOn(
      "definitions-invisible",
      `Definitions of server '${server}' hold characters that models see and people do not (for tools, \`clean\` in its entry takes them out)`,
      namesOf(all.filter(({ bytes }) => holdsInvisible(bytes))),
    ),
    ...remarkOn(
      "definitions-long",
      `Tools of server '${server}' have descriptions of more than ${maxDescription} characters or schemas of more than ${maxSchema} bytes`,
      namesOf(long),
    ),
  ];
}

function namesOf(items: readonly ListedItem[]): string[] {
  return items.map(({ key }) => quoted(key));
}

function isBeyond({ bytes }: ListedItem): boolean {
  if (bytes.length <= maxDescription) return false;
  let beyond = false;
  const scanner = new JsonScanner(bytes);
  scanner.object((key) => {
    if (key === "description" && scanner.peek() === 0x22) {
      if (scanner.string().length > maxDescription) beyond = true;
      return;
    }
    const { start, end } = scanner.skip();
    if (schemaKeys.has(key) && end - start > maxSchema) beyond = true;
  });
  return beyond;
}

const schemaKeys = new Set(["inputSchema", "outputSchema"]);
