/** Whether something happens in this time, in milliseconds. */
export function within(ms: number, event: Promise<unknown>): Promise<boolean> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(false), ms);
    void event.then(() => {
      clearTimeout(timer);
      settle(true);
    });
  });
}

/** What comes of the work; rejects with the signal's reason when it aborts before. What can not be stopped goes on alone. */
export function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
