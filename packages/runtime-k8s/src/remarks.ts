import type { OptionsIssue } from "@omg/core/runtime";
import type { JobOptions } from "./job/job-options.ts";
import { podSpec } from "./job/job-spec.ts";
import { looseningsOf } from "./job/loosenings.ts";

/** Annotations of clusters before 1.30 that take a profile off. */
const unconfined = /^(?:container\.(?:apparmor|seccomp)\.|seccomp\.)security\./;

/** Each protection that an entry takes off, and what that means. */
export function remarksOn(options: JobOptions): OptionsIssue[] {
  const remarks: OptionsIssue[] = [];
  const say = (path: (string | number)[], message: string) => remarks.push({ path, message });
  if (!/@sha256:[0-9a-f]{64}$/.test(options.image))
    say(["image"], "a tag can be moved to another image; name@sha256:… can not");
  for (const [index, { pvc, read_only }] of options.volumes.entries())
    if (pvc !== undefined && !read_only) say(["volumes", index, "read_only"], "the server can write there");
  for (const [name, value] of Object.entries(options.annotations))
    if (unconfined.test(name) && value === "unconfined")
      say(["annotations", name], "the server is not confined by this profile");
  for (const message of looseningsOf(podSpec({ options, env: {} }))) say(["pod_overrides"], message);
  return remarks;
}
