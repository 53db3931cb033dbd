import { quoted } from "../visible-text.ts";
import { lookalikes } from "./lookalikes.ts";
import { type Remark, remarkOn } from "./remarks.ts";
import { isMadeUp, isMadeUpSlug } from "./wire-names.ts";

/** What is odd about the names of a server's tools or prompts; `wire`: by name, under which the aggregate offers it. */
export function nameRemarks(
  server: string,
  what: "tools" | "prompts",
  wire: ReadonlyMap<string, string>,
): Remark[] {
  const some = `Some ${what} of server '${server}'`;
  const madeUp = [...wire].filter(([name, wireName]) => isMadeUp(name, wireName));
  const alike = lookalikes([...wire.keys()]);
  return [
    ...remarkOn(
      `${what}-made-up`,
      `${some} have names that are empty, too long or the same in plain letters, so on /mcp`,
      madeUp.map(([name, wireName]) => `${quoted(name)} is ${wireName}`),
    ),
    ...remarkOn(
      `${what}-alike`,
      `${some} have names that look alike`,
      alike.map(([earlier, later]) => `${quoted(earlier)} and ${quoted(later)}`),
    ),
  ];
}

/** What is odd about the ids of a catalog, each with the id that it concerns. */
export function idRemarks(slugs: ReadonlyMap<string, string>): [id: string, remark: Remark][] {
  const madeUp = [...slugs].filter(([id, slug]) => isMadeUpSlug(id, slug));
  return [
    ...madeUp.map(([id, slug]): [string, Remark] => {
      const message = `Names of server ${quoted(id)} can not begin with its id on /mcp, but with ${slug}`;
      return [id, { kind: "id-made-up", message }];
    }),
    ...lookalikes([...slugs.keys()]).map(([earlier, later]): [string, Remark] => {
      const begin = `on /mcp their names begin with ${slugs.get(earlier)} and ${slugs.get(later)}`;
      const message = `The ids ${quoted(earlier)} and ${quoted(later)} look alike; ${begin}`;
      return [later, { kind: "id-alike", message }];
    }),
  ];
}
