import type { Frame } from "../runtime/frame.ts";

/** Between a server's own names and those that a client of the aggregate knows. */
export interface Translator {
  /** What the server says, in the client's terms. */
  down(frame: Frame): Frame;
  /** What the client answers, in the server's terms. */
  up(frame: Frame): Frame;
}
