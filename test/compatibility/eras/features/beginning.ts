import assert from "node:assert/strict";
import type { EraTopic } from "../feature.ts";
import { instructions } from "../server/tools.ts";
import { resultIn } from "./support.ts";

export const beginning: EraTopic = {
  title: "Getting to know each other",
  features: [
    {
      id: "capabilities",
      title: "Capabilities: by `initialize` or `server/discover`, whatever the client speaks",
      async check(cell) {
        const { capabilities } = (await cell.client()).introduction;
        const { tools, prompts, resources, completions, logging } = capabilities;
        assert.deepEqual(
          [tools, prompts, completions, logging],
          [{ listChanged: true }, { listChanged: true }, {}, {}],
        );
        assert.equal((resources as { subscribe?: boolean }).subscribe, true);
        if (cell.place.client === "legacy") return;
        const discovered = resultIn(await (await cell.raw()).ask("server/discover"));
        assert.deepEqual(discovered.supportedVersions, ["2026-07-28"]);
      },
    },
    {
      id: "name",
      title: "Name of the server",
      check: async (cell) => assert.equal((await cell.client()).introduction.name, "omg-conformance"),
      except: [
        {
          at: { endpoint: "all" },
          reason: "the gateway's own",
          check: async (cell) => assert.equal((await cell.client()).introduction.name, "open-mcp-gateway"),
        },
      ],
    },
    {
      id: "instructions",
      title: "Instructions; on `/mcp` those of all servers that have run before, each under its id",
      async check(cell) {
        const { instructions: told = "" } = (await cell.client()).introduction;
        if (cell.place.endpoint === "one") assert.equal(told, instructions);
        else
          for (const id of ["main", "fragile"]) assert.match(told, new RegExp(`${id}\\b[^]*${instructions}`));
      },
    },
  ],
};
