import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import { foldedKey } from "../runtime/json-members.ts";
import { JsonScanner } from "../runtime/json-scanner.ts";
import type { ServerPins, ToolPin } from "./types.ts";

/** What of a tool a model may get to see, or a client decides by. */
const definingKeys = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"] as const;

const foldedKeys = new Set(definingKeys.map(foldedKey));

const pins = new WeakMap<ListedItem, ToolPin>();

/** The pin of a tool as its server lists it now. */
export function pinOf(tool: ListedItem): ToolPin {
  let pin = pins.get(tool);
  if (!pin) {
    pin = makePin(tool.bytes);
    pins.set(tool, pin);
  }
  return pin;
}

/** The pins of all tools that a server lists. */
export function pinsOf(tools: readonly ListedItem[]): ServerPins {
  return new Map(tools.map((tool) => [tool.key, pinOf(tool)]));
}

/** Equal for equal sets: it notices a tool that was added, removed or renamed as well as one that was changed. */
export function setHash(tools: ServerPins): string {
  return sha256(canonicalJson(Object.fromEntries([...tools].map(([name, { hash }]) => [name, hash]))));
}

function makePin(bytes: Buffer): ToolPin {
  const tool = JSON.parse(bytes.toString()) as Record<string, unknown>;
  // Readers disagree on which of two such keys counts, so all of it does. No canonical JSON has such keys.
  if (repeatsKeys(new JsonScanner(bytes)) || hasAlmost(tool)) return { hash: sha256(bytes) };
  const hash = sha256(canonicalJson(Object.fromEntries(definingKeys.map((key) => [key, tool[key]]))));
  const { description } = tool;
  return typeof description === "string" ? { hash, description } : { hash };
}

function repeatsKeys(scanner: JsonScanner): boolean {
  const first = scanner.peek();
  let repeats = false;
  const inside = () => {
    repeats = repeatsKeys(scanner) || repeats;
  };
  if (first === 0x5b) scanner.array(inside);
  else if (first === 0x7b) {
    const keys = new Set<string>();
    scanner.object((key) => {
      repeats ||= keys.has(key);
      keys.add(key);
      inside();
    });
  } else scanner.skip();
  return repeats;
}

/** Whether it has a key that only lenient readers take for a defining one. */
function hasAlmost(tool: object): boolean {
  const keys = Object.keys(tool).filter((key) => foldedKeys.has(foldedKey(key)));
  return keys.some((key) => !definingKeys.some((own) => own === key));
}

function sha256(data: string | Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}
