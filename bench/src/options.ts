import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/all.ts";
import { installedOmg } from "./targets/install.ts";

export const usage = `node src/main.ts [options]
  --quick             a few seconds each, to see that everything works
  --only NAME         only this scenario, may be given more than once: ${Object.keys(scenarios).join(", ")}
  --gateway PATH      a folder or an omg command that is installed already; default: build, pack and install
  --keep FOLDER       install into this folder and leave it there, for --gateway
  --json FILE         write all values
  --markdown FILE     write the tables, which go to stdout too
`;

export interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly gateway: string | undefined;
  readonly keep: string | undefined;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
}

/** Throws an error whose message is meant for the user. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      gateway: { type: "string" },
      keep: { type: "string" },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const unknown = values.only.find((name) => !Object.hasOwn(scenarios, name));
  if (unknown !== undefined) throw new Error(`There is no scenario ${unknown}`);
  const { quick, only, gateway, keep, json, markdown } = values;
  return {
    quick,
    only,
    gateway: gateway && installedOmg(resolve(gateway)),
    keep: keep && resolve(keep),
    json,
    markdown,
  };
}
