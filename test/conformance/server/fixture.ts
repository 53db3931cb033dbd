/** What all connections and requests of one served fixture share. */
export interface Fixture {
  /** Tells what `test_counted_elicitation` did. */
  readonly counted: {
    /** How often the tool was entered: in the modern era once for each round. */
    entered: number;
    /** How often it did what it is there for. */
    done: number;
  };
  /** Whether the tool and the prompt that come and go are there. */
  readonly passing: { tool: boolean; prompt: boolean };
}

export function createFixture(): Fixture {
  return { counted: { entered: 0, done: 0 }, passing: { tool: false, prompt: false } };
}
