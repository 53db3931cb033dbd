import { type Frame, withCuts } from "../runtime/frame.ts";
import { objectAt } from "./envelope.ts";

/** Codes that the modern era has given up, and those that say the same now. */
const successors: ReadonlyMap<string, string> = new Map([["-32002", "-32602"]]);

/** An error with the code that revision 2026-07-28 has for it. */
export function withModernCode(answer: Frame): Frame {
  const { payload } = answer.spans;
  const span = objectAt(answer, payload)?.members.get("code");
  const code = span && successors.get(answer.bytes.toString("utf8", span.start, span.end));
  return span && code ? withCuts(answer, [{ span, text: code }]) : answer;
}
