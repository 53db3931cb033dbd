import { z } from "zod";
import { serverContainer } from "./job-spec.ts";
import { isObject, merge } from "./pod-overrides.ts";

type Complain = (path: readonly PropertyKey[], message: string) => void;

const ofTheGateway = ["stdin", "stdinOnce", "tty"];

/** What may be said of a pod's spec: everything but what the gateway needs to be as it made it. */
export const podOverrides = z.record(z.string(), z.unknown()).superRefine((overrides, { addIssue }) => {
  const complain: Complain = (path, message) => addIssue({ code: "custom", path: [...path], message });
  checkDirectives(overrides, [], complain);
  const { restartPolicy, containers } = merge(
    { restartPolicy: "Never", containers: [{ name: serverContainer }] },
    overrides,
  );
  if (restartPolicy !== "Never")
    complain(["restartPolicy"], "must stay Never: the gateway starts a server anew by itself");
  if (!Array.isArray(containers) || !containers.some((one) => isObject(one) && one.name === serverContainer))
    complain(["containers"], `must leave the container ${serverContainer} there: it is the server`);
  const said: unknown = overrides.containers;
  for (const [index, container] of (Array.isArray(said) ? said : []).entries()) {
    if (!isObject(container) || container.name !== serverContainer) continue;
    for (const key of ofTheGateway)
      if (key in container) complain(["containers", index, key], "follows from transport");
  }
});

/** A directive that is not understood would be sent to the cluster, which forgets what it does not know. */
function checkDirectives(value: unknown, path: readonly PropertyKey[], complain: Complain): void {
  if (!isObject(value) && !Array.isArray(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === "$patch") {
      if (member !== "delete" && member !== "replace") complain(here, "must be delete or replace");
    } else if (key === "$retainKeys") {
      if (!Array.isArray(member)) complain(here, "must be a list of keys");
    } else if (key.startsWith("$")) complain(here, "is not understood; $patch and $retainKeys are");
    else checkDirectives(member, here, complain);
  }
}
