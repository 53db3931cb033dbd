/** A tool's result of one text. */
export function text(words) {
  return { content: [{ type: "text", text: typeof words === "string" ? words : JSON.stringify(words) }] };
}
