import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type YAMLError } from "yaml";
import type { Diagnostic, Place } from "./diagnostic.ts";
import type { Excerpt } from "./excerpt.ts";
import { shownText } from "./shown-text.ts";
import { readDocument } from "./yaml-document.ts";
import { ExcessError, repeatedKeys, valueProblem } from "./yaml-limits.ts";

export type Path = readonly (string | number)[];

const maxAliases = 100;

/** What a diagnostic says besides. */
type About = Pick<Diagnostic, "server" | "hint">;

/** A YAML text that knows where its values stand. */
export class YamlSource {
  readonly file: string;
  readonly diagnostics: Diagnostic[] = [];
  readonly value: unknown;
  readonly #lines = new LineCounter();
  readonly #text: string;
  readonly #document: Document | undefined;
  #excerpt: Excerpt | undefined;
  /** The entries of the maps that were asked about, by key. */
  readonly #entries = new Map<Node, Map<unknown, { readonly key: unknown; readonly value: unknown }>>();

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    try {
      this.#document = readDocument(text, this.#lines);
      for (const error of this.#document.errors) this.#reportAt(error.pos[0], undefined, messageOf(error));
      for (const { range } of repeatedKeys(this.#document))
        this.#reportAt(range?.[0] ?? 0, range?.[1], "Map keys must be unique");
      if (this.diagnostics.length > 0) return;
      const value: unknown = this.#document.toJS({ maxAliasCount: maxAliases });
      const excess = valueProblem(value);
      if (excess === undefined) this.value = value;
      else this.report("error", [], excess);
    } catch (error) {
      if (error instanceof ExcessError) {
        // Of a text that takes too long to read, nothing is shown.
        this.diagnostics.push({ severity: "error", message: error.message, file, line: 1, column: 1 });
        return;
      }
      // What follows the colon is quoted from the text, and may be a secret.
      const [message] = (error as Error).message.split(": ");
      this.report("error", [], `The file can not be read as YAML: ${message}`);
    }
  }

  /** Notes a problem at the value of `path`, or at the nearest thing above it that exists. */
  report(severity: "error" | "warning", path: Path, message: string, more: About = {}): void {
    this.diagnostics.push({ severity, message, ...this.place(path), ...more });
  }

  /** Where the value of `path` stands: where a map entry's key stands, what a person would point at. */
  place(path: Path): Place {
    const { offset, end } = this.#walk(path);
    return this.#placeOf(offset, end);
  }

  /** A scalar as it is written, without quotes. */
  textOf(path: Path): string | undefined {
    const { node } = this.#walk(path);
    return isScalar(node) ? node.source : undefined;
  }

  #reportAt(offset: number, end: number | undefined, message: string): void {
    this.diagnostics.push({ severity: "error", message, ...this.#placeOf(offset, end) });
  }

  #placeOf(offset: number, end: number | undefined): Place {
    const { line, column } = this.#positionOf(offset);
    const last = end === undefined ? undefined : this.#positionOf(end);
    const endColumn = last?.line === line && last.column > column ? last.column : undefined;
    const document = this.#document?.errors.length === 0 ? this.#document : undefined;
    this.#excerpt ??= shownText(this.#text, document);
    const frame = this.#text.trim() === "" ? undefined : this.#excerpt.around(line, column, endColumn);
    return { file: this.file, line, column, ...(endColumn && { endColumn }), ...(frame && { frame }) };
  }

  #positionOf(offset: number): { line: number; column: number } {
    if (offset === 0) return { line: 1, column: 1 };
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** Follows a path as far as it exists: the node at its end, and the place of the last thing met. */
  #walk(path: Path): { node?: unknown; offset: number; end?: number } {
    let node: unknown = this.#document?.contents;
    let offset = 0;
    let end: number | undefined;
    for (const step of path) {
      let place: unknown;
      if (isMap(node)) {
        const entry = this.#entriesOf(node).get(step);
        place = entry?.key;
        node = entry?.value;
      } else {
        node = isSeq(node) ? node.items[Number(step)] : undefined;
        place = node;
      }
      if (!isNode(place) || !place.range) break;
      offset = place.range[0];
      end = isScalar(place) ? place.range[1] : undefined;
    }
    return { node, offset, ...(end !== undefined && { end }) };
  }

  #entriesOf(map: Node): Map<unknown, { readonly key: unknown; readonly value: unknown }> {
    let entries = this.#entries.get(map);
    if (!entries) {
      const pairs = isMap(map) ? map.items : [];
      entries = new Map(pairs.map((pair) => [isScalar(pair.key) ? pair.key.value : pair.key, pair]));
      this.#entries.set(map, entries);
    }
    return entries;
  }
}

/** The parser's words, without what they quote from the text: it may be a secret. */
function messageOf({ message }: YAMLError): string {
  const [first = message] = message.split(" at line ");
  return first.replace(/(?<=\S): .*/s, "").replace(/(Invalid escape sequence) .*/, "$1");
}
