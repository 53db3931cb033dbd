import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { Diagnostic } from "./diagnostic.ts";

export type Path = readonly (string | number)[];

const maxBytes = 1024 * 1024;
const maxAliases = 100;

/** A YAML text that knows where its values stand. */
export class YamlSource {
  readonly file: string;
  readonly diagnostics: Diagnostic[] = [];
  readonly value: unknown;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    if (Buffer.byteLength(text) > maxBytes) {
      this.report("error", [], `The file is larger than ${maxBytes} bytes`);
      return;
    }
    try {
      this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: true, merge: false });
      for (const problem of this.#document.errors) {
        const { line, col } = this.#lines.linePos(problem.pos[0]);
        const message = problem.message.split(" at line ")[0] ?? problem.message;
        this.diagnostics.push({ severity: "error", message, file, line, column: col });
      }
      if (this.diagnostics.length === 0) this.value = this.#document.toJS({ maxAliasCount: maxAliases });
    } catch (error) {
      this.report("error", [], `The file can not be read as YAML: ${(error as Error).message}`);
    }
  }

  /** Notes a problem at the value of `path`, or at the nearest thing above it that exists. */
  report(severity: "error" | "warning", path: Path, message: string, server?: string): void {
    const { line, column } = this.position(path);
    this.diagnostics.push({ severity, message, file: this.file, line, column, server });
  }

  /** Line and column, from 1, of the value of `path`. */
  position(path: Path): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const node = this.#keyOf(path.slice(0, length)) ?? this.#document?.getIn(path.slice(0, length), true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset !== undefined) {
        const { line, col } = this.#lines.linePos(offset);
        return { line, column: col };
      }
    }
    return { line: 1, column: 1 };
  }

  /** The key node of a map entry: what a person would point at. */
  #keyOf(path: Path): unknown {
    const parent = path.length === 1 ? this.#document?.contents : this.#document?.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1));
    return pair?.key;
  }
}
