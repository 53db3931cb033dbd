const maxNames = 5;
const maxNameLength = 60;

/** Characters that control, that nobody sees or knows, and all spaces but the usual one. */
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** A text as a JSON string in which every character can be seen: what a model reads, a person must be able to read too. */
export function quoteVisibly(text: string): string {
  return escaped(JSON.stringify(text));
}

/** A name that anybody may have made up, as messages quote it: all of it can be seen, and it is not long. */
export function quoted(name: string): string {
  const visible = escaped(name);
  return visible.length > maxNameLength ? `'${visible.slice(0, maxNameLength)}…'` : `'${visible}'`;
}

/** What a message is about, the first five of it. */
export function someOf(what: readonly string[], separator = ", "): string {
  const more = what.length > maxNames ? ` and ${what.length - maxNames} more` : "";
  return what.slice(0, maxNames).join(separator) + more;
}

function escaped(text: string): string {
  return text.replace(hidden, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
