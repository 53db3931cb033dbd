/** What people do not see and models read: all that Unicode says to be without a look, but for what writing needs. */
const invisible =
  /[[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}]--[\t\n\r\u200c\u200d\ufe00-\ufe0f\u180b-\u180d\u180f\u115f\u1160\u17b4\u17b5]]/gv;
/** Emoji and some scripts join letters of their own, and choose between forms of one; nowhere else do these belong. */
const stray =
  /(?<![^\p{ASCII}\p{C}\s])[\u200c\u200d]|[\u200c\u200d](?![^\p{ASCII}\p{C}\s])|(?<![[^\p{ASCII}\p{C}\s\ufe00-\ufe0f][#*0-9]])[\ufe00-\ufe0f]/gv;
const escapes = /\\(?:u([0-9a-f]{4})|.)/gi;
/** Half of a character that needs two: UTF-8 has none. */
const lone = /\p{Cs}/gu;
const maybeHidden = /[^\t\n\r -~]|\\[bfu]/;

/** Whether any text in a JSON value holds what people do not see. */
export function holdsInvisible(json: Buffer): boolean {
  return withoutInvisible(json) !== json;
}

/** A JSON value without what people do not see in its texts, keys included; the same bytes if there is none of it. */
export function withoutInvisible(json: Buffer): Buffer {
  if (!maybeHidden.test(json.toString("latin1"))) return json;
  let found = false;
  const drop = () => {
    found = true;
    return "";
  };
  const text = json
    .toString()
    .replace(escapes, (whole, hex: string | undefined) => {
      if (whole === "\\b" || whole === "\\f") return drop();
      if (hex === undefined) return whole;
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      if (character > "~") return character;
      return character < " " && !/[\t\n\r]/.test(character) ? drop() : whole;
    })
    .replace(invisible, drop)
    .replace(stray, drop)
    .replace(lone, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
  return found ? Buffer.from(text) : json;
}
