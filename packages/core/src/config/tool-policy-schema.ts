import * as v from "valibot";
import { mapsOnly, namedMap } from "../runtime/schema-maps.ts";

const anyName = v.pipe(
  v.string(),
  v.regex(/^[^?[\]{}!\\]+$/, "must be the name of a tool; only * is special, and stands for anything"),
);
const shownName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, _ or -, which every client takes"),
);

const rename = v.pipe(
  namedMap(v.record(v.string(), shownName)),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const owners = new Map<string, string>();
    for (const [own, shown] of Object.entries(dataset.value)) {
      const other = owners.get(shown);
      if (other === undefined) owners.set(shown, own);
      else {
        const at = { type: "object", origin: "value", input: dataset.value, key: own, value: shown } as const;
        addIssue({ message: `"${other}" has this name already`, path: [at] });
      }
    }
  }),
);

/** What `tools:` of an entry says of the tools that clients of all servers see. */
export const toolPolicySchema = mapsOnly(
  v.strictObject({
    allow: v.pipe(
      v.optional(v.array(anyName)),
      v.description("Tools that are offered; * stands for anything. Default: all of them"),
    ),
    deny: v.pipe(
      v.optional(v.array(anyName)),
      v.description("Tools that are not offered, even if allow names them; * stands for anything"),
    ),
    rename: v.pipe(
      v.optional(rename),
      v.description("Other names, by the server's own; the server's id still stands in front"),
    ),
    describe: v.pipe(
      v.optional(namedMap(v.record(v.string(), v.string()))),
      v.description("Texts in place of the server's descriptions, by the server's own names"),
    ),
    clean: v.pipe(
      v.optional(v.boolean()),
      v.description(
        "Whether characters that people can not see are taken out, and descriptions of more than max_description characters cut. Default: false",
      ),
    ),
    max_description: v.pipe(
      v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(100))),
      v.description(
        "Longest description in characters; longer ones are cut. Default: 4096 with clean, else no limit",
      ),
    ),
  }),
);
