import type { ToolPolicy } from "../config/types.ts";
import type { Cut } from "../runtime/frame.ts";
import { itemOf, type ListedItem } from "../runtime/json-items.ts";
import { foldedKey } from "../runtime/json-members.ts";
import { JsonScanner } from "../runtime/json-scanner.ts";
import { quoted } from "../visible-text.ts";
import { withoutInvisible } from "./invisible.ts";
import { fitsLiterals } from "./literals.ts";
import { type Remark, remarkOn } from "./remarks.ts";
import { rewriteBytes, spliceBytes } from "./rewrite-strings.ts";

/** The tools of one server as its entry wants clients of all servers to see them. */
export interface ShownTools {
  /** Under their own names. */
  readonly items: readonly ListedItem[];
  /** What stands behind the server's slug, by own name; distinct. */
  readonly names: ReadonlyMap<string, string>;
  readonly remarks: readonly Remark[];
}

const defaultMaxDescription = 4096;
const cutNote = " […cut by the gateway]";

export function showTools(server: string, tools: readonly ListedItem[], policy: ToolPolicy): ShownTools {
  const offered = tools.filter(({ key }) => isOffered(key, policy));
  const { names, taken } = namesOf(offered, policy);
  const texts = new Map(Object.entries(policy.describe ?? {}));
  const max = policy.max_description ?? (policy.clean ? defaultMaxDescription : Number.POSITIVE_INFINITY);
  const cut: string[] = [];
  const dropped: string[] = [];
  const items = offered.flatMap((item) => {
    const text = texts.get(item.key);
    const clean = policy.clean ? withoutInvisible(item.bytes) : item.bytes;
    const bytes = text === undefined ? shortened(clean, max) : described(clean, text);
    if (text === undefined && bytes !== clean) cut.push(quoted(item.key));
    const shown = withBytes(item, bytes);
    if (!shown) dropped.push(quoted(item.key));
    return shown ?? [];
  });
  const entry = `The entry of server '${server}'`;
  return {
    items,
    names,
    remarks: [
      ...remarkOn("tools-unknown", `${entry} names tools that it does not offer`, strangers(tools, policy)),
      ...remarkOn("tools-taken", `${entry} renames tools to what others of its tools are called`, taken),
      ...remarkOn(
        "tools-cut",
        `Descriptions of server '${server}' are cut to ${max} characters on /mcp`,
        cut,
      ),
      ...remarkOn(
        "tools-dropped",
        `Tools of server '${server}' are not on /mcp, since they would have their name twice once they are clean`,
        dropped,
      ),
    ],
  };
}

function isOffered(name: string, { allow, deny = [] }: ToolPolicy): boolean {
  return (allow?.some((glob) => fits(glob, name)) ?? true) && !deny.some((glob) => fits(glob, name));
}

function fits(glob: string, name: string): boolean {
  return fitsLiterals(glob.split("*"), name);
}

/** A tool whose new name another one has by itself keeps its own. */
function namesOf(offered: readonly ListedItem[], { rename = {} }: ToolPolicy) {
  const own = new Set(offered.map(({ key }) => key));
  const renamed = new Map(Object.entries(rename).filter(([key, shown]) => own.has(key) && key !== shown));
  const taken = [...renamed].filter(([, shown]) => own.has(shown));
  for (const [key] of taken) renamed.delete(key);
  return {
    names: new Map([...own].map((key) => [key, renamed.get(key) ?? key])),
    taken: taken.map(([key, shown]) => `${quoted(key)} to '${shown}'`),
  };
}

/** What the entry names and the server does not offer: a slip of the pen, or a change of the server. */
function strangers(tools: readonly ListedItem[], policy: ToolPolicy): string[] {
  const names = Object.entries({
    allow: policy.allow ?? [],
    deny: policy.deny ?? [],
    rename: Object.keys(policy.rename ?? {}),
    describe: Object.keys(policy.describe ?? {}),
  });
  return names.flatMap(([key, globs]) => {
    const find = key === "allow" || key === "deny" ? fits : Object.is;
    const unknown = globs.filter((glob) => !tools.some((tool) => find(glob, tool.key)));
    return unknown.map((glob) => `${key} ${quoted(glob)}`);
  });
}

/** Nothing for what, once it is clean, says its name twice. */
function withBytes(item: ListedItem, bytes: Buffer): ListedItem | undefined {
  if (bytes === item.bytes) return item;
  const changed = itemOf(bytes, "name");
  // The server knows its tool by the name as it was.
  return changed && { ...changed, key: item.key };
}

function shortened(json: Buffer, max: number): Buffer {
  // No text has more characters than it takes bytes.
  if (json.length <= max) return json;
  return rewriteBytes(json, {
    description: (text) => {
      if (text.length <= max) return text;
      return text.slice(0, max - cutNote.length).replace(/[\ud800-\udbff]$/, "") + cutNote;
    },
  });
}

/** The tool with this description, whatever stood there, however often and however spelled. */
function described(json: Buffer, description: string): Buffer {
  const text = JSON.stringify(description);
  const cuts: Cut[] = [];
  let hasOwn = false;
  const scanner = new JsonScanner(json);
  scanner.object((key) => {
    const span = scanner.skip();
    if (foldedKey(key) === "description") cuts.push({ span, text });
    hasOwn ||= key === "description";
  });
  // It has a name at least, so there is something for the comma to stand before.
  if (!hasOwn) cuts.unshift({ span: { start: 1, end: 1 }, text: `"description":${text},` });
  return spliceBytes(json, cuts);
}
