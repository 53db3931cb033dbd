const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const FRONT = Buffer.from('{"jsonrpc":"2.0","id":');
const END_KEY = Buffer.from(',"id":');

/**
 * Where the value of the top-level `id` of a JSON-RPC message stands; `undefined` if it has none.
 * @param {Buffer} frame compact JSON
 * @returns {{ start: number, end: number } | undefined}
 */
export function findId(frame) {
  if (frame.subarray(0, FRONT.length).equals(FRONT)) {
    return { start: FRONT.length, end: valueEnd(frame, FRONT.length) };
  }
  return idAtEnd(frame) ?? scanForId(frame);
}

/**
 * A number at the very end, as servers built with the SDK write it: what stands right before the last brace is a
 * member of the outermost object.
 * @param {Buffer} frame
 */
function idAtEnd(frame) {
  const end = frame.length - 1;
  let start = end;
  while (start > 0 && isDigit(frame[start - 1])) start--;
  if (start === end) return undefined;
  const key = frame.subarray(start - END_KEY.length, start);
  return key.equals(END_KEY) ? { start, end } : undefined;
}

/**
 * Walks over the whole message; strings are skipped, so nothing inside them counts.
 * @param {Buffer} frame
 */
function scanForId(frame) {
  let depth = 0;
  let isKey = false;
  for (let at = 0; at < frame.length; at++) {
    const byte = frame[at];
    if (byte === QUOTE) {
      const end = stringEnd(frame, at);
      if (depth === 1 && isKey && end - at === 4 && frame[at + 1] === 0x69 && frame[at + 2] === 0x64) {
        const start = afterColon(frame, end);
        return { start, end: valueEnd(frame, start) };
      }
      isKey = false;
      at = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      isKey = byte === 0x7b;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === COMMA) isKey = true;
  }
  return undefined;
}

/**
 * @param {Buffer} frame
 * @param {number} start
 */
function valueEnd(frame, start) {
  if (frame[start] === QUOTE) return stringEnd(frame, start);
  let end = start;
  while (end < frame.length && frame[end] !== COMMA && frame[end] !== 0x7d && !isSpace(frame[end])) end++;
  return end;
}

/**
 * Past the closing quote.
 * @param {Buffer} frame
 * @param {number} start
 */
function stringEnd(frame, start) {
  let at = start + 1;
  while (at < frame.length && frame[at] !== QUOTE) at += frame[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/**
 * @param {Buffer} frame
 * @param {number} start
 */
function afterColon(frame, start) {
  let at = start;
  while (frame[at] === COLON || isSpace(frame[at])) at++;
  return at;
}

/** @param {number | undefined} byte */
function isDigit(byte) {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** @param {number | undefined} byte */
function isSpace(byte) {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
