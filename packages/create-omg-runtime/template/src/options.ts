import { z } from "zod";

/** What an entry of type `my-place` may say. Replace the keys by what your place has to know to run a server. */
export const options = z.strictObject({
  command: z
    .string()
    .min(1, "must not be empty")
    .describe("The program: a name that is looked up in PATH, or a path, relative to the configuration."),
  args: z.array(z.string()).default([]).describe("Its arguments."),
});

export type Options = z.output<typeof options>;
