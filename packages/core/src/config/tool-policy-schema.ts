import { z } from "zod";

const anyName = z
  .string()
  .regex(/^[^?[\]{}!\\]+$/, "must be the name of a tool; only * is special, and stands for anything");
const shownName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, _ or -, which every client takes");

/** What `tools:` of an entry says of the tools that clients of all servers see. */
export const toolPolicySchema = z
  .strictObject({
    allow: z
      .array(anyName)
      .optional()
      .describe("Tools that are offered; * stands for anything. Default: all of them"),
    deny: z
      .array(anyName)
      .optional()
      .describe("Tools that are not offered, even if allow names them; * stands for anything"),
    rename: z
      .record(z.string(), shownName)
      .optional()
      .describe("Other names, by the server's own; the server's id still stands in front"),
    describe: z
      .record(z.string(), z.string())
      .optional()
      .describe("Texts in place of the server's descriptions, by the server's own names"),
    clean: z
      .boolean()
      .optional()
      .describe(
        "Whether characters that people can not see are taken out, and descriptions of more than max_description characters cut. Default: false",
      ),
    max_description: z
      .number()
      .int()
      .min(100)
      .optional()
      .describe(
        "Longest description in characters; longer ones are cut. Default: 4096 with clean, else no limit",
      ),
  })
  .superRefine(({ rename = {} }, context) => {
    const owners = new Map<string, string>();
    for (const [own, shown] of Object.entries(rename)) {
      const other = owners.get(shown);
      if (other === undefined) owners.set(shown, own);
      else {
        const message = `"${other}" has this name already`;
        context.addIssue({ code: "custom", path: ["rename", own], message });
      }
    }
  });
