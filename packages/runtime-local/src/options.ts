import { valibotOptions } from "@omg/core/runtime";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

const text = v.pipe(
  v.string(),
  v.check((value) => !value.includes("\0"), "must not contain a NUL byte"),
);
const someText = v.pipe(text, v.minLength(1, "must not be empty"));

const options = v.strictObject({
  command: v.pipe(
    someText,
    v.description(
      "The program: a name that is looked up in the server's PATH, or a path (relative to the file it stands in; ~/ is the home folder).",
    ),
  ),
  args: v.pipe(
    v.optional(v.array(text), []),
    v.description("Its arguments, texts (quote numbers), passed exactly as they are, never through a shell."),
  ),
  working_dir: v.pipe(
    v.optional(someText),
    v.description(
      "The folder it runs in (relative to the file it stands in; ~/ is the home folder). Default: the folder of that file.",
    ),
  ),
});

/** What a catalog entry of type `local-process` may say. */
export const localOptions = valibotOptions(options, toJsonSchema);

/** What an entry of type `local-process` says, with defaults. */
export type LocalOptions = v.InferOutput<typeof options>;
