import { cases } from "../../evil/cases/all.ts";
import { tryOut } from "../../evil/trial.ts";
import { fronts } from "../../support/fronts/front.ts";
import type { Row } from "../row.ts";

/** A promise that is shown by servers of the evil catalogue, as processes, before clients of every front. */
export function shownByEvil(id: string, promise: string, figure: string, evil: readonly string[]): Row {
  return {
    id,
    promise,
    figure,
    async run() {
      const played = cases.filter((one) => evil.includes(one.id) && one.upstreams.includes("stdio"));
      const missing = evil.filter((name) => !played.some((one) => one.id === name));
      if (missing.length > 0) throw new Error(`no evil server ${missing.join(", ")} behind stdio`);
      const seen: string[] = [];
      for (const one of played) {
        const words = await Promise.all(
          fronts.map((front) => tryOut({ evil: one, upstream: "stdio", front })),
        );
        seen.push(`${one.mode}: ${words[0]?.seen}`);
      }
      return `on ${fronts.length} fronts, ${seen.join("; ")}`;
    },
  };
}
