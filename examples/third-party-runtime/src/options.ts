import type { OptionsIssue } from "@omg/core/runtime";
import { z } from "zod";

const text = z
  .string({ error: ({ input }) => (input === undefined ? "is required" : undefined) })
  .refine((value) => !value.includes("\0"), "must not contain a NUL byte");
const filled = text.min(1, "must not be empty");
/** Neither `ssh` here nor `sh` there may take it for a flag. */
const noFlag = filled.regex(/^[^-]/, "must not begin with a hyphen");

/** What a catalog entry of type `ssh` may say. */
export const sshOptions = z.strictObject({
  host: noFlag
    .regex(/^[\w.:%-]+$/, "must be a host name, an address, or a name of the ssh configuration")
    .describe("The machine, as ssh knows it: a name of ~/.ssh/config, a host name or an address."),
  user: noFlag.optional().describe("Who to be there. Default: as ssh is configured."),
  port: z.int().min(1).max(65_535).optional().describe("Where sshd listens. Default: as ssh is configured."),
  identity_file: filled
    .optional()
    .describe("The private key; no other is tried (relative to the configuration; ~/ is the home folder)."),
  config_file: filled
    .optional()
    .describe("Settings for ssh in place of ~/.ssh/config (relative to the configuration; ~/ works)."),
  command: noFlag.describe("The program there: a name that is looked up in PATH, or a path (~/ works)."),
  args: z
    .array(text)
    .default([])
    .describe("Its arguments, texts (quote numbers). No shell sees anything in them."),
  cwd: filled.default("~").describe("The folder there that it runs in. Default: the home folder."),
  connect_timeout: z
    .int()
    .min(1)
    .max(60)
    .default(10)
    .describe("Seconds that connecting may take. Default 10."),
});

export type SshOptions = z.output<typeof sshOptions>;

/** What a person should know of options that are allowed. */
export function remarksOn({ user }: SshOptions): OptionsIssue[] {
  if (user !== "root") return [];
  return [
    { path: ["user"], message: "the server runs as root of that machine, and can do everything there" },
  ];
}
