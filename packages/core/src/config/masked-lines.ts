import type { LineMask } from "./excerpt.ts";
import { hideText, isPlainKey, mask, maskText } from "./sensitive.ts";

interface Key {
  readonly indent: number;
  /** Its own value and everything below it must not be shown. */
  readonly hidden: boolean;
  /** A text starts in its line: what is indented deeper goes on with it. */
  readonly hasText: boolean;
}

const maxLine = 2000;
const keyLine = /^(?:"([^"\\]*)"|'([^']*)'|([^\s"'{}[\],&*!|>%@`#:=][^\s"'{}[\]:=]*))\s*(?::(?=\s|$)|[:=])/;
const props = /^(?:[&!]\S*\s*)+/;
const word = /^(?:[^\s"'{}[\],&*!|>%@`#][^\s"'{}[\],#]*|"[^"'\\{}[\],#]*"|'[^"'\\{}[\],#]*')$/;

/**
 * What must not be shown of a text that is no good YAML. There is no tree to go by, so this goes by lines and
 * indentation, and shows keys and the simple values of harmless keys; all else is hidden.
 */
export function maskBrokenLines(lines: readonly string[]): LineMask[][] {
  const state = new BrokenText();
  return lines.map((line) => state.next(line));
}

class BrokenText {
  /** The keys that the next line may stand below. */
  #keys: Key[] = [];
  /** The quote that is open at the end of the line before. */
  #quote: string | undefined;
  #flowDepth = 0;

  next(line: string): LineMask[] {
    const indent = line.length - line.trimStart().length;
    const end = line.trimEnd().length;
    if (indent >= end) return [];
    if (this.#quote !== undefined) {
      this.#closeQuote(line);
      return [{ start: indent, end, text: mask }];
    }
    if (end - indent > maxLine || line[indent] === "#") return [{ start: indent, end, text: mask }];
    return this.#content(line, indent, end);
  }

  #content(line: string, indent: number, end: number): LineMask[] {
    let start = indent;
    for (const dash = /-\s+/y; ; start = dash.lastIndex) {
      dash.lastIndex = start;
      if (!dash.test(line)) break;
    }
    const inFlow = this.#flowDepth > 0;
    const rest = line.slice(start, end);
    const key = keyLine.exec(rest);
    while ((this.#keys.at(-1)?.indent ?? -1) >= start) this.#keys.pop();
    const parent = this.#keys.at(-1);
    if (!key || inFlow || parent?.hasText) {
      this.#follow(rest, 0);
      // Whatever it is, what is indented deeper goes on with it.
      this.#keys.push({ indent: start, hidden: true, hasText: true });
      return /^[{}[\]\s,]*$/.test(rest) ? [] : [{ start, end, text: mask }];
    }
    const name = key[1] ?? key[2] ?? key[3] ?? "";
    const hidden = parent?.hidden === true || !isPlainKey(name);
    const valueStart = start + key[0].length + (/^\s*/.exec(rest.slice(key[0].length))?.[0].length ?? 0);
    const value = line.slice(valueStart, end);
    this.#follow(rest, key[0].length);
    this.#keys.push({ indent: start, hidden, hasText: value !== "" && !value.startsWith("#") });
    if (value === "") return [];
    const text = shown(value, hidden);
    return text === value ? [] : [{ start: valueStart, end, text }];
  }

  /** Notes which quotes and brackets a line leaves open. */
  #follow(rest: string, from: number): void {
    let text = rest.slice(from).trimStart().replace(props, "");
    if (/^[|>]/.test(text)) return;
    while (text !== "") {
      const quote = text[0] === '"' || text[0] === "'" ? text[0] : undefined;
      if (quote !== undefined) {
        const closing = closingQuote(text, quote, 1);
        if (closing < 0) {
          this.#quote = quote;
          return;
        }
        text = text.slice(closing + 1);
        continue;
      }
      if (/^\s#/.test(text)) return;
      if (/^[[{]/.test(text)) this.#flowDepth++;
      else if (/^[\]}]/.test(text)) this.#flowDepth = Math.max(0, this.#flowDepth - 1);
      // A quote opens where a value may start, and nowhere else.
      text = text.replace(/^(?:[[\]{},:]\s*|\s+|[^\s[\]{},:]+['"]*)/, "");
    }
  }

  /** Only a quote that ends its line surely closes; when the error is a missing one, the next would else open. */
  #closeQuote(line: string): void {
    const quote = this.#quote ?? "";
    const closing = closingQuote(line, quote, 0);
    if (closing < 0 || /[:,[{-]\s*$/.test(line.slice(0, closing))) return;
    if (/^[\s,\]}]*(?:\s#.*)?$/.test(line.slice(closing + 1))) this.#quote = undefined;
  }
}

function closingQuote(text: string, quote: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    if (quote === '"' && text[index] === "\\") index++;
    else if (text[index] === quote) {
      if (quote !== "'" || text[index + 1] !== "'") return index;
      index++;
    }
  }
  return -1;
}

function shown(value: string, hidden: boolean): string {
  const [, content = "", comment = ""] = /^(.*?)(\s+#.*)?$/s.exec(value) ?? [];
  const note = comment === "" ? "" : ` # ${mask}`;
  if (value.startsWith("#")) return `# ${mask}`;
  if (!hidden && word.test(content)) return maskText(content) + note;
  return (/^\$\{[A-Za-z_]\w*\}$/.test(content) ? hideText(content) : mask) + note;
}
