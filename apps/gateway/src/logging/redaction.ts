import { redactor } from "@omg/core";

/** Hides the secrets that are known at the moment in everything that is logged. */
export class Redaction {
  #redact: (text: string) => string;
  #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
    this.#redact = redactor(secrets);
  }

  readonly redact = (text: string): string => this.#redact(text);

  /** Hides these from now on, and those of before once more: what still runs may print them. */
  renew(secrets: readonly string[]): void {
    this.#redact = redactor([...this.#secrets, ...secrets]);
    this.#secrets = secrets;
  }
}
