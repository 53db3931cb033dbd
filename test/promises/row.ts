/** How much of it is played: `gate` in seconds, before every change; `full` for the report. */
export type Size = "gate" | "full";

/** One promise of the gateway, and how it is seen to be kept. */
export interface Row {
  /** Of the table of promises, R01 to R57. */
  readonly id: string;
  /** In one line. */
  readonly promise: string;
  /** What is promised in figures. Times are asserted with room for a busy machine. */
  readonly figure: string;
  /** Why it can not be put to the test here, if it can not. */
  readonly lack?: string | undefined;
  /** What is lacking then. Default: `docker`. */
  readonly engine?: "docker" | "k8s";
  /** Puts it to the test on a real gateway. Throws what is not as promised; returns what was seen, in a few words. */
  run(size: Size): Promise<string>;
}
