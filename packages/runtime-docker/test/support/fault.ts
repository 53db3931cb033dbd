/** What goes wrong with one request. */
export type Fault =
  /** The connection breaks before the engine has heard anything. */
  | "refused"
  /** The engine hears nothing, and nobody answers. */
  | "deaf"
  /** The engine hears nothing; the answer is another's. */
  | "answers 500"
  | "answers 502"
  /** The engine does it; the connection breaks instead of the answer. */
  | "lost"
  /** The connection breaks at once; the engine does it some seconds later. */
  | "lost and late"
  /** The engine does it, and nobody answers. */
  | "silent"
  /** The engine does it; what comes back is no HTTP. */
  | "garbage"
  /** The engine does it; what comes back is HTTP, and no answer to what was asked. */
  | "nonsense"
  /** The engine does it; its answer breaks off. */
  | "half"
  /** The engine is asked late, and its answer is late. */
  | "slow"
  /** An answer without end begins, and nothing follows. */
  | "mute"
  /** An answer without end breaks off after a while. */
  | "cut";

export interface FaultChoice {
  readonly fault: Fault;
  /** For what is late, and for what breaks off. */
  readonly ms: number;
}
