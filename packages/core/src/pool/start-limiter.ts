/** Places that starts nobody waits for leave free. */
const reserved = 2;

interface Waiting {
  /** Whether a client waits for it by now. */
  readonly urgent: () => boolean;
  readonly go: () => void;
}

/** Lets a bounded number of starts run at a time. Those that a client waits for go first, and never queue behind the others. */
export class StartLimiter {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(urgent: () => boolean, start: () => Promise<T>): Promise<T> {
    if (this.#mayStart(urgent)) this.#running++;
    else await new Promise<void>((go) => this.#waiting.push({ urgent, go }));
    try {
      return await start();
    } finally {
      this.#running--;
      this.review();
    }
  }

  /** Gives free places away; to be called when somebody has become urgent. */
  review(): void {
    for (;;) {
      const next = this.#waiting.find(({ urgent }) => urgent()) ?? this.#waiting[0];
      if (!next || !this.#mayStart(next.urgent)) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      // The place is taken here already, so that nobody slips in between.
      this.#running++;
      next.go();
    }
  }

  #mayStart(urgent: () => boolean): boolean {
    return this.#running < (urgent() ? this.#limit : Math.max(1, this.#limit - reserved));
  }
}
