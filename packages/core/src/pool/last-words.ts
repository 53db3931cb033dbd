/** Keeps the last lines a server wrote, and how far its start was, for the message when it fails. */
export class LastWords {
  /** What the runtime said last. */
  progress = "";
  readonly #lines: string[] = [];
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters = 2048) {
    this.#maxCharacters = maxCharacters;
  }

  add(line: string): void {
    const text = line.slice(-this.#maxCharacters);
    this.#lines.push(text);
    this.#characters += text.length;
    while (this.#characters > this.#maxCharacters) this.#characters -= (this.#lines.shift() ?? "").length;
  }

  toString(): string {
    return this.#lines.join("\n").trim();
  }
}
