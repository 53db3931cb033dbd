import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  Lexer,
  type Node,
  type Pair,
  visit,
} from "yaml";
import { hideText, isPlainKey, mask, maskItem, maskKey } from "./sensitive.ts";

/** A part of a text, by offset, and what is shown in its place. */
export interface Mask {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What must not be shown of a text that is good YAML: comments, and all values that are not known to be harmless. */
export function maskTree(document: Document, text: string): Mask[] {
  const masks = new TreeMasks(text, anchorsUsedInHiding(document));
  if (isMap(document.contents)) masks.map(document.contents.items, false);
  else if (document.contents) masks.hide(0, document.contents.range?.[1] ?? text.length, mask);
  return [...masks.found, ...comments(text)].sort((a, b) => a.start - b.start);
}

class TreeMasks {
  readonly found: Mask[] = [];
  readonly #text: string;
  readonly #hiddenAnchors: ReadonlySet<string>;

  constructor(text: string, hiddenAnchors: ReadonlySet<string>) {
    this.#text = text;
    this.#hiddenAnchors = hiddenAnchors;
  }

  map(pairs: readonly Pair[], hidden: boolean): void {
    for (const { key, value } of pairs) {
      if (!isNode(key) || !key.range) continue;
      const name = keyOf(key);
      if (name === undefined || (hidden && value === null)) this.hide(key.range[0], key.range[1], mask);
      else if (name !== maskKey(name)) this.#replace(key.range[0], key.range[1], maskKey(name));
      if (!isNode(value)) continue;
      const colon = this.#text.indexOf(":", key.range[1]);
      this.#value(
        value,
        colon < 0 ? key.range[1] : colon + 1,
        hidden || name === undefined || !isPlainKey(name),
      );
    }
  }

  /** Hides a part of the text, line by line. */
  hide(start: number, end: number, shown: string): void {
    const lines = /[^\r\n]+/g;
    const slice = this.#text.slice(start, end);
    const several = slice.trim().includes("\n");
    for (const { 0: line, index } of slice.matchAll(lines)) {
      const content = line.trim();
      if (content === "") continue;
      const from = start + index + line.indexOf(content);
      this.found.push({ start: from, end: from + content.length, text: several ? mask : shown });
    }
  }

  /** A value; `from` is where the text between its key or dash and itself starts. */
  #value(node: Node, from: number, hidden: boolean, before?: unknown): void {
    const [start, end] = node.range ?? [from, from];
    const secret = hidden || this.#isHiddenAnchor(node);
    // Tags and anchors stand before the value: a password may start with `!` or `&`.
    if (isCollection(node) && secret) this.hide(from, start, mask);
    if (isMap(node)) this.map(node.items, secret);
    else if (isCollection(node)) this.#list(node.items, start, secret);
    else if (secret) this.hide(from, Math.max(start, end), shown(node));
    else if (isScalar(node) && typeof node.value === "string") {
      const masked = maskItem(node.value, before);
      if (masked !== node.value) this.#replace(start, end, masked);
    }
  }

  #list(items: readonly unknown[], start: number, hidden: boolean): void {
    const signs = /[-,[]/g;
    let from = start;
    let before: unknown;
    for (const item of items) {
      if (!isNode(item)) {
        // `[a: b]` is a list of maps.
        this.map([item as Pair], hidden);
        continue;
      }
      signs.lastIndex = from;
      this.#value(item, signs.exec(this.#text) ? signs.lastIndex : from, hidden, before);
      from = item.range?.[1] ?? from;
      before = isScalar(item) ? item.value : undefined;
    }
  }

  #replace(start: number, end: number, masked: string): void {
    const first = this.#text[start] ?? "";
    const quote = first === '"' || first === "'" ? first : "";
    this.hide(start, end, quote + masked.replace(/\s+/g, " ") + quote);
  }

  #isHiddenAnchor(node: Node): boolean {
    return "anchor" in node && typeof node.anchor === "string" && this.#hiddenAnchors.has(node.anchor);
  }
}

function keyOf(key: Node): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function shown(node: Node): string {
  return isScalar(node) && typeof node.value === "string" ? hideText(node.value) : mask;
}

/** What stands elsewhere in the file and is used where nothing may be shown. */
function anchorsUsedInHiding(document: Document): Set<string> {
  const anchors = new Set<string>();
  visit(document, {
    Alias(_key, alias, path) {
      const keys = path
        .filter((step) => "key" in step)
        .map((step) => (isScalar(step.key) ? String(step.key.value) : ""));
      if (keys.some((key) => !isPlainKey(key))) anchors.add(alias.source);
    },
  });
  return anchors;
}

/** Comments and directives: whatever somebody wrote there. */
function comments(text: string): Mask[] {
  const found: Mask[] = [];
  let offset = 0;
  let before = "";
  for (const token of new Lexer().lex(text)) {
    // These announce a document, a scalar and the end of a flow; they are no part of the text.
    const isSign = token === "\u0002" || token === "\u0018" || token === "\u001f";
    if (!isSign) {
      if (/^[#%]/.test(token) && before !== "\u001f") {
        found.push({ start: offset, end: offset + token.trimEnd().length, text: `${token[0]} ${mask}` });
      }
      offset += token.length;
    }
    before = token;
  }
  return found;
}
