/** Whether something happens in this time. */
export function within(ms: number, event: Promise<unknown>): Promise<boolean> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(false), ms);
    void event.then(() => {
      clearTimeout(timer);
      settle(true);
    });
  });
}
