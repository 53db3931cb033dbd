import { type Cut, type Frame, mentions, type RequestId, withCuts } from "../runtime/frame.ts";
import type { Span } from "../runtime/json-scanner.ts";
import { objectAt } from "./envelope.ts";
import { serverInfoKey } from "./meta-keys.ts";

/** Methods whose results say how long and for whom they may be kept. */
const cacheable = new Set([
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
]);

export interface ResultOptions {
  readonly id: RequestId;
  readonly method: string;
  /** Who answers, if that is known. */
  readonly serverInfo: unknown;
}

/** A result as revision 2026-07-28 has it. What is there stays as it is; what is not is cut in. */
export function modernResult(answer: Frame, { id, method, serverInfo }: ResultOptions): Frame {
  const { payload, id: idSpan } = answer.spans;
  const cuts: Cut[] = idSpan ? [{ span: idSpan, text: JSON.stringify(id) }] : [];
  const head = { ...answer.head, id };
  if (payload === undefined || answer.bytes[payload.start] !== 0x7b) return withCuts(answer, cuts, head);
  const find = memberFinder(answer, payload);
  const added: string[] = [];
  const type = find("resultType");
  if (!type) added.push('"resultType":"complete"');
  const isComplete = !type || answer.bytes.toString("utf8", type.start, type.end) === '"complete"';
  if (isComplete && cacheable.has(method)) {
    if (!find("ttlMs")) added.push('"ttlMs":0');
    if (!find("cacheScope")) added.push('"cacheScope":"private"');
  }
  if (serverInfo !== undefined) {
    const info = `${JSON.stringify(serverInfoKey)}:${JSON.stringify(serverInfo)}`;
    const meta = find("_meta");
    const known = objectAt(answer, meta)?.members;
    if (!meta) added.push(`"_meta":{${info}}`);
    else if (known && !known.has(serverInfoKey)) cuts.push(behindBrace(meta, info, known.size === 0));
  }
  if (added.length > 0) cuts.push(behindBrace(payload, added.join(","), isEmptyObject(answer, payload)));
  return withCuts(answer, cuts, head);
}

/** Finds members of the result. Most results have none of those asked for, which is seen without reading them. */
function memberFinder(answer: Frame, payload: Span): (key: string) => Span | undefined {
  let members: Map<string, Span> | undefined;
  return (key) => {
    if (!mentions(answer, `"${key}"`)) return undefined;
    members ??= objectAt(answer, payload)?.members;
    return members?.get(key);
  };
}

function behindBrace({ start }: Span, text: string, isEmpty: boolean): Cut {
  return { span: { start: start + 1, end: start + 1 }, text: isEmpty ? text : `${text},` };
}

function isEmptyObject({ bytes }: Frame, { start }: Span): boolean {
  let at = start + 1;
  while (isSpace(bytes[at])) at++;
  return bytes[at] === 0x7d;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
