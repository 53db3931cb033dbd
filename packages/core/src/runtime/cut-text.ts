/** Ends a text that was cut, so that it shows, and so that what is left of a secret before it can be told and hidden. */
export const cutMark = "…";

/** A text of at most so many characters, and the mark of a cut if there was more. */
export function cutText(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? text.slice(0, maxCharacters) + cutMark : text;
}
