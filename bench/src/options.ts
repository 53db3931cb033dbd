import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/all.ts";
import { installedOmg } from "./targets/install.ts";

export const usage = `node src/main.ts [options]
  --quick             a few seconds each, to see that everything works; without peers unless --peers
  --only NAME         only this scenario, may be given more than once: ${Object.keys(scenarios).join(", ")}
  --no-peers          without gateways and bridges of others, which npm installs for the run
  --minutes N         how long mixed use takes; default: half a minute
  --gateway PATH      a folder or an omg command that is installed already; default: build, pack and install
  --keep FOLDER       install into this folder and leave it there, for --gateway
  --json FILE         write all values
  --markdown FILE     write the tables, which go to stdout too
  --from FILE         measure nothing: take the values that --json wrote
  --docs              publish the run: docs/benchmarks.json, and the pages that are made from it
`;

export interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly peers: boolean;
  readonly minutes: number | undefined;
  readonly gateway: string | undefined;
  readonly keep: string | undefined;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly from: string | undefined;
  readonly docs: boolean;
}

/** Throws an error whose message is meant for the user. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      peers: { type: "boolean" },
      minutes: { type: "string" },
      gateway: { type: "string" },
      keep: { type: "string" },
      json: { type: "string" },
      markdown: { type: "string" },
      from: { type: "string" },
      docs: { type: "boolean", default: false },
    },
  });
  const unknown = values.only.find((name) => !Object.hasOwn(scenarios, name));
  if (unknown !== undefined) throw new Error(`There is no scenario ${unknown}`);
  const { quick, only, gateway, keep, json, markdown, from, docs } = values;
  if (docs && (quick || only.length > 0)) throw new Error("--docs publishes whole runs");
  return {
    quick,
    only,
    peers: values.peers ?? !quick,
    minutes: minutesOf(values.minutes),
    gateway: gateway && installedOmg(resolve(gateway)),
    keep: keep && resolve(keep),
    json,
    markdown,
    from,
    docs,
  };
}

function minutesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minutes = Number(text);
  if (!(minutes > 0)) throw new Error(`--minutes ${text} is not a number of minutes`);
  return minutes;
}
