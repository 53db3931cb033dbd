type FaultListener = (error: unknown) => void;

let listener: FaultListener | undefined;

/** From now on this one hears of errors that nobody caught, in the place of whoever heard of them before. */
export function hearFaults(next: FaultListener): void {
  if (listener === undefined) {
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      process.on(event, (error) => listener?.(error));
    }
  }
  listener = next;
}
