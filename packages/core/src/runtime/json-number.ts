/** Where a JSON number that starts at a byte ends; `undefined` when none starts there. */
export function endOfNumber(bytes: Buffer, start: number): number | undefined {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const integer = bytes[at] === 0x30 ? at + 1 : endOfDigits(bytes, at);
  if (integer === at) return undefined;
  at = integer;
  if (bytes[at] === 0x2e) {
    const fraction = endOfDigits(bytes, at + 1);
    if (fraction === at + 1) return undefined;
    at = fraction;
  }
  if (bytes[at] !== 0x65 && bytes[at] !== 0x45) return at;
  const sign = bytes[at + 1];
  const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
  const exponent = endOfDigits(bytes, digits);
  return exponent === digits ? undefined : exponent;
}

/** Integers of so many characters are small. */
const SMALL = 9;

/**
 * The value of the JSON number that stands there. Small integers are put together here: what `Number` makes of a text may
 * be anything, so V8 keeps it as an object, and then looking for it among the ids in flight takes longer.
 */
export function numberIn(bytes: Buffer, start: number, end: number): number {
  if (end - start > SMALL) return Number(bytes.toString("latin1", start, end));
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return Number(bytes.toString("latin1", start, end));
    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(bytes: Buffer, start: number): number {
  let at = start;
  for (let byte = bytes[at]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[at]) at++;
  return at;
}
