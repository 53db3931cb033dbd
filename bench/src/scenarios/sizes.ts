/** How much of everything is measured. */
export interface Sizes {
  readonly rounds: number;
  /** Rounds of what no aim depends on. */
  readonly fewRounds: number;
  /** Rounds that peers take part in. */
  readonly peerRounds: number;
  /** Rounds of what costs a process each. */
  readonly starts: number;
  /** Milliseconds of load in one round. */
  readonly loadMs: number;
  /** Milliseconds of load before the clock starts. */
  readonly warmMs: number;
  /** Milliseconds until a fresh process counts as idle. */
  readonly idleMs: number;
  /** Sessions that are opened between two looks at the memory. */
  readonly sessionStep: number;
  /** Calls of one second at once. */
  readonly sleepers: number;
  /** Starts and stops of one server in one round. */
  readonly churn: number;
  /** Milliseconds of use as it may be. */
  readonly mixedMs: number;
  /** The most servers, sessions or tools that cost may grow with. */
  readonly mostGrowth: number;
}

export const fullSizes: Sizes = {
  rounds: 9,
  fewRounds: 3,
  peerRounds: 2,
  starts: 9,
  loadMs: 1_600,
  warmMs: 300,
  idleMs: 2_000,
  sessionStep: 500,
  sleepers: 1_000,
  churn: 20,
  mixedMs: 30_000,
  mostGrowth: 2_000,
};

/** Enough to see that everything works; the figures mean little. */
export const quickSizes: Sizes = {
  rounds: 1,
  fewRounds: 1,
  peerRounds: 1,
  starts: 1,
  loadMs: 300,
  warmMs: 100,
  idleMs: 500,
  sessionStep: 100,
  sleepers: 1_000,
  churn: 5,
  mixedMs: 2_000,
  mostGrowth: 10,
};
