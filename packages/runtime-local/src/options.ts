import { z } from "zod";

const missing = (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? "is required" : undefined;
const text = z
  .string({ error: missing })
  .refine((value) => !value.includes("\0"), "must not contain a NUL byte");

/** What a catalog entry of type `local-process` may say. */
export const localOptions = z.strictObject({
  command: text
    .min(1, "must not be empty")
    .describe(
      "The program: a name that is looked up in the server's PATH, or a path (relative to the file it stands in; ~/ is the home folder).",
    ),
  args: z
    .array(text)
    .default([])
    .describe("Its arguments, texts (quote numbers), passed exactly as they are, never through a shell."),
  working_dir: text
    .min(1, "must not be empty")
    .optional()
    .describe(
      "The folder it runs in (relative to the file it stands in; ~/ is the home folder). Default: the folder of that file.",
    ),
});

/** What an entry of type `local-process` says, with defaults. */
export type LocalOptions = z.output<typeof localOptions>;
