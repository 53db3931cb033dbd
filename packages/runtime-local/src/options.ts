import { z } from "zod";

const text = z.string().refine((value) => !value.includes("\0"), "must not contain a NUL byte");

/** What a catalog entry of type `local-process` may say. */
export const localOptions = z.strictObject({
  command: text
    .min(1, "must not be empty")
    .describe(
      "The program: a name that is looked up in PATH, or a path (relative to the configuration; ~/ is the home folder).",
    ),
  args: z
    .array(text)
    .default([])
    .describe("Its arguments, passed exactly as they are, never through a shell."),
  working_dir: text
    .min(1, "must not be empty")
    .optional()
    .describe(
      "The folder it runs in (relative to the configuration). Default: the folder of the configuration.",
    ),
});

export type LocalOptions = z.output<typeof localOptions>;
