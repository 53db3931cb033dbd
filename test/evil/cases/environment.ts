import assert from "node:assert/strict";
import type { EvilCase } from "../evil-case.ts";

const declared = ["EVIL_MARK"];
const given = ["HOME", "PATH", "OMG_INSTANCE", "OMG_OWNER", "OMG_SERVER"];
const givenToContainers = ["HOME", "HOSTNAME", "PATH"];

/** Processes that reach for what is around them. */
export const environment: readonly EvilCase[] = [
  {
    id: "E49",
    mode: "honest",
    what: "looks at its own environment",
    upstreams: ["stdio"],
    async play(stage) {
      const names = Object.keys(JSON.parse(await stage.says("env")));
      const expected = stage.upstream === "container" ? givenToContainers : given;
      assert.deepEqual(names.sort(), [...declared, ...expected].sort());
      return `${names.length} variables, none of the gateway's own`;
    },
  },
  ...["kills-its-group", "kills-group-by-id"].map(
    (mode): EvilCase => ({
      id: "E49",
      mode,
      upstreams: ["stdio"],
      briefly: ["stdio"],
      async play(stage) {
        const seen = await stage.fails(stage.call("misbehave"), {
          reason: "upstream_closed",
          executed: "unknown",
          withinMs: 2000,
        });
        return { seen, next: await stage.works() };
      },
    }),
  ),
  {
    id: "E49",
    mode: "writes-to-descriptors",
    upstreams: ["stdio"],
    notInContainers: "it sees no process of the gateway",
    briefly: ["http"],
    async play(stage) {
      assert.equal(await stage.says("misbehave"), "[]");
      await stage.works();
      return "none is inherited";
    },
  },
];
