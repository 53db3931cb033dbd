/** Characters that control, that nobody sees or knows, and all spaces but the usual one. */
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** A text as a JSON string in which every character can be seen: what a model reads, a person must be able to read too. */
export function quoteVisibly(text: string): string {
  return JSON.stringify(text).replace(hidden, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
