import { Composer, type Document, type LineCounter, Parser, YAMLParseError } from "yaml";
import { boundedTokens } from "./yaml-limits.ts";

/** A text of this length may hold too many tokens. To find that out alone takes a third of the time that parsing them does. */
const lookAheadFrom = 256 * 1024;
const several = "Source contains multiple documents";

/**
 * Reads the one document of a text; what is wrong with it is in its `errors`. Throws `ExcessError`. The limits of
 * an ordinary text are kept on the way: a look at all tokens ahead of that would cost a fifth of the time.
 */
export function readDocument(text: string, lines: LineCounter): Document.Parsed {
  if (text.length >= lookAheadFrom) for (const _token of boundedTokens(text));
  const composer = new Composer({ uniqueKeys: false, merge: false, logLevel: "error" });
  const [document, another] = firstTwo(composer.compose(syntaxOf(text, lines), true, text.length));
  // There is one by the very end of the text.
  const read = document as Document.Parsed;
  if (another)
    read.errors.push(
      new YAMLParseError(another.range.slice(0, 2) as [number, number], "MULTIPLE_DOCS", several),
    );
  return read;
}

function* syntaxOf(text: string, lines: LineCounter) {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const token of boundedTokens(text)) yield* parser.next(token);
  yield* parser.end();
}

function firstTwo<Item>(items: Iterable<Item>): Item[] {
  const taken: Item[] = [];
  for (const item of items) if (taken.push(item) === 2) break;
  return taken;
}
