const marked = /^=\?base64\?(.*)\?=$/s;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A text as a header can hold it (MCP 2026-07-28, value encoding): unsafe ones in Base64, behind a mark. */
export function headerValue(text: string): string {
  const isPlain = /^[\x20-\x7e\t]*$/.test(text) && text.trim() === text;
  const looksMarked = text.startsWith("=?base64?") && text.endsWith("?=");
  return isPlain && !looksMarked ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

/** The text that a header holds; undefined if it claims to be Base64 of UTF-8 and is not. */
export function headerText(value: string): string | undefined {
  const encoded = marked.exec(value)?.[1];
  if (encoded === undefined) return value;
  if (!base64.test(encoded)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
}
