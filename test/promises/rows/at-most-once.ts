import type { Row } from "../row.ts";
import { cutAtEveryByte } from "./at-most-once-http.ts";
import { killAtEveryByte } from "./at-most-once-stdio.ts";

export const atMostOnce: Row = {
  id: "R16",
  promise: "a call that may have reached its server is never sent twice",
  figure: "executions ≤ calls, whatever byte the server or its connection dies at",
  async run(size) {
    const deaths = await killAtEveryByte(size);
    const cuts = await cutAtEveryByte(size);
    return `no call ran twice, and each told the truth, in ${deaths} deaths of processes and ${cuts} cut connections`;
  },
};
