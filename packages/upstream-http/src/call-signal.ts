/** As much of an `AbortSignal` as is listened to here. */
export interface Signal {
  readonly aborted: boolean;
  /** Once it is aborted. */
  readonly reason: Error | undefined;
  addEventListener(type: "abort", listener: () => void, options: { readonly once: true }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A signal of one call, whose listeners do not throw. An `AbortController` for each would take 3 of the 70 µs of a small one. */
export class CallSignal implements Signal {
  #isAborted = false;
  #reason: Error | undefined;
  #listeners: readonly (() => void)[] = [];

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Once: later reasons are not heard. */
  abort(reason: Error): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.#isAborted) this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }
}
