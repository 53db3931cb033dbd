/** Letters of other scripts, and digits, that look like a Latin one in most fonts: those that can be typed in names. */
const latin = new Map(
  [
    ["a", "аαɑ"],
    ["b", "Ьƅ"],
    ["c", "сϲ"],
    ["d", "ԁ"],
    ["e", "еҽ"],
    ["g", "ɡ"],
    ["h", "һ"],
    ["i", "іιı"],
    ["j", "јϳ"],
    ["k", "κ"],
    ["l", "1IІΙӀ|ⅼ"],
    ["m", "ⅿ"],
    ["n", "ո"],
    ["O", "0ОΟ"],
    ["o", "оοօ"],
    ["p", "рρ"],
    ["q", "ԛ"],
    ["s", "ѕ"],
    ["u", "υս"],
    ["v", "νѵ"],
    ["w", "ԝω"],
    ["x", "хχ"],
    ["y", "уγ"],
    ["A", "АΑ"],
    ["B", "ВΒ"],
    ["C", "СϹ"],
    ["E", "ЕΕ"],
    ["H", "НΗ"],
    ["J", "Ј"],
    ["K", "КΚ"],
    ["M", "МΜ"],
    ["N", "Ν"],
    ["P", "РΡ"],
    ["S", "Ѕ"],
    ["T", "ТΤ"],
    ["X", "ХΧ"],
    ["Y", "ΥҮ"],
    ["Z", "Ζ"],
  ].flatMap(([letter = "", others = ""]) => [...others].map((other) => [other, letter] as const)),
);

/** Names that a person can hardly tell apart from an earlier one of the list, with that one. */
export function lookalikes(names: readonly string[]): [earlier: string, later: string][] {
  const seen = new Map<string, string>();
  return [...new Set(names)].flatMap((name): [string, string][] => {
    const look = lookOf(name);
    const earlier = seen.get(look);
    if (earlier !== undefined) return [[earlier, name]];
    seen.set(look, name);
    return [];
  });
}

/** Equal for names that look the same. */
function lookOf(name: string): string {
  const visible = name.normalize("NFKC").replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, "");
  return [...visible].map((character) => latin.get(character) ?? character).join("");
}
