import { type Clock, systemClock } from "@omg/core";

export interface Look {
  /** Equal for equal contents. */
  readonly digest: string;
  /** Different after every write. */
  readonly stamp: string;
}

export interface SettledChangesOptions {
  readonly look: () => Look;
  /** The contents are `digest` and have been for a while. */
  readonly apply: (digest: string) => Promise<void>;
  /** Milliseconds without a change after which contents count as settled. */
  readonly settleMs: number;
  readonly clock?: Clock;
}

/**
 * Looks at contents whenever something hints at a change, and acts once they have stayed the same for a while: not on half
 * a file, once for many writes, and not at all when everything is as it was.
 */
export class SettledChanges {
  readonly #options: SettledChangesOptions;
  #acted: string;
  #looking = false;
  #closed = false;

  /** `acted` are the contents that need no action. */
  constructor(acted: string, options: SettledChangesOptions) {
    this.#acted = acted;
    this.#options = options;
  }

  /** Something may have changed. */
  async hint(): Promise<void> {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    try {
      await this.#look();
    } finally {
      this.#looking = false;
    }
  }

  /** These contents have been acted upon, by whomever. */
  acted(digest: string): void {
    this.#acted = digest;
  }

  close(): void {
    this.#closed = true;
  }

  /** Ends only when what is there has been acted upon: hints that come meanwhile are seen to. */
  async #look(): Promise<void> {
    const { look, settleMs, apply, clock = systemClock } = this.#options;
    for (let before = look(); before.digest !== this.#acted; ) {
      await new Promise<void>((resolve) => {
        clock.after(settleMs, resolve);
      });
      if (this.#closed) return;
      const now = look();
      // Two looks may catch the same half of a file in two writes: their stamps tell.
      if (now.digest === before.digest && now.stamp === before.stamp && now.digest !== this.#acted) {
        this.#acted = now.digest;
        await apply(now.digest);
      }
      before = look();
    }
  }
}
