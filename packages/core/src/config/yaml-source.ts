import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Diagnostic } from "./diagnostic.ts";
import { repeatedKeys, textProblem, valueProblem } from "./yaml-limits.ts";

export type Path = readonly (string | number)[];

const maxAliases = 100;

/** A YAML text that knows where its values stand. */
export class YamlSource {
  readonly file: string;
  readonly diagnostics: Diagnostic[] = [];
  readonly value: unknown;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;
  /** The entries of the maps that were asked about, by key. */
  readonly #entries = new Map<Node, Map<unknown, { readonly key: unknown; readonly value: unknown }>>();

  constructor(file: string, text: string) {
    this.file = file;
    const problem = textProblem(text);
    if (problem !== undefined) {
      this.report("error", [], problem);
      return;
    }
    try {
      const settings = {
        lineCounter: this.#lines,
        uniqueKeys: false,
        merge: false,
        logLevel: "error",
      } as const;
      this.#document = parseDocument(text, settings);
      for (const { message, pos } of this.#document.errors) {
        this.#reportAt(pos[0], message.split(" at line ")[0] ?? message);
      }
      for (const key of repeatedKeys(this.#document))
        this.#reportAt(key.range?.[0] ?? 0, "Map keys must be unique");
      if (this.diagnostics.length > 0) return;
      const value: unknown = this.#document.toJS({ maxAliasCount: maxAliases });
      const excess = valueProblem(value);
      if (excess === undefined) this.value = value;
      else this.report("error", [], excess);
    } catch (error) {
      this.report("error", [], `The file can not be read as YAML: ${(error as Error).message}`);
    }
  }

  /** Notes a problem at the value of `path`, or at the nearest thing above it that exists. */
  report(severity: "error" | "warning", path: Path, message: string, server?: string): void {
    const { line, column } = this.position(path);
    this.diagnostics.push({ severity, message, file: this.file, line, column, server });
  }

  /** Line and column, from 1, of the value of `path`: where a map entry's key stands, what a person would point at. */
  position(path: Path): { line: number; column: number } {
    return this.#positionAt(this.#walk(path).offset);
  }

  /** A scalar as it is written, without quotes. */
  textOf(path: Path): string | undefined {
    const { node } = this.#walk(path);
    return isScalar(node) ? node.source : undefined;
  }

  #reportAt(offset: number, message: string): void {
    this.diagnostics.push({
      severity: "error",
      message,
      file: this.file,
      ...this.#positionAt(offset),
      server: undefined,
    });
  }

  #positionAt(offset: number): { line: number; column: number } {
    if (offset === 0) return { line: 1, column: 1 };
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** Follows a path as far as it exists: the node at its end, and the place of the last thing met. */
  #walk(path: Path): { node?: unknown; offset: number } {
    let node: unknown = this.#document?.contents;
    let offset = 0;
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
      if (!isNode(place) || !place.range) return { offset };
      offset = place.range[0];
    }
    return { node, offset };
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
