import { type Document, isMap, isScalar, isSeq, Lexer, type Node } from "yaml";

const maxBytes = 1024 * 1024;
const maxTokens = 250_000;
const maxDepth = 40;
const maxValues = 50_000;

const tooDeep = `The file is nested deeper than ${maxDepth} levels`;

/** A text is more than may be read; the message says in which way. */
export class ExcessError extends Error {}

/** The tokens of a text, one by one, so that a parser never gets too many or too deep ones. Throws `ExcessError`. */
export function* boundedTokens(text: string): Generator<string> {
  if (Buffer.byteLength(text) > maxBytes) throw new ExcessError(`The file is larger than ${maxBytes} bytes`);
  let tokens = 0;
  let flowDepth = 0;
  let lineDepth = 0;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > maxTokens) throw new ExcessError(`The file holds more than ${maxTokens} YAML tokens`);
    if (token === "[" || token === "{") flowDepth++;
    else if (token === "]" || token === "}") flowDepth--;
    else if (token.startsWith("\n") || token.startsWith("\r")) lineDepth = 0;
    else if (flowDepth === 0 && (token === "-" || token === "?" || token === ":")) lineDepth++;
    if (flowDepth > maxDepth || lineDepth > maxDepth) throw new ExcessError(tooDeep);
    yield token;
  }
}

/** What is wrong with a value, its aliases followed: it may go in circles. */
export function valueProblem(value: unknown): string | undefined {
  let values = 0;
  const problemOf = (node: unknown, depth: number): string | undefined => {
    if (depth > maxDepth) return tooDeep;
    if (++values > maxValues) return `The file holds more than ${maxValues} values`;
    if (typeof node !== "object" || node === null) return undefined;
    for (const item of Object.values(node)) {
      const problem = problemOf(item, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return problemOf(value, 0);
}

/** The keys that occur for a second time in their map. The parser's own check takes quadratic time. */
export function repeatedKeys(document: Document): Node[] {
  const repeated: Node[] = [];
  const look = (node: unknown): void => {
    if (isMap(node)) {
      const seen = new Set<unknown>();
      for (const { key, value } of node.items) {
        if (isScalar(key) && seen.has(key.value)) repeated.push(key);
        else if (isScalar(key)) seen.add(key.value);
        else look(key);
        look(value);
      }
    } else if (isSeq(node)) node.items.forEach(look);
  };
  look(document.contents);
  return repeated;
}
