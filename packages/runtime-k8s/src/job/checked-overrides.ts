import * as v from "valibot";
import { type Complain, checkAll, mapOf } from "../schemas.ts";
import { serverContainer } from "./job-spec.ts";
import { isObject, merge } from "./pod-overrides.ts";

const ofTheGateway = ["stdin", "stdinOnce", "tty"];

/** What may be said of a pod's spec: everything but what the gateway needs to be as it made it. */
export const podOverrides = v.pipe(
  mapOf(v.unknown()),
  checkAll((overrides, complain) => {
    checkDirectives(overrides, [], complain);
    const { restartPolicy, containers } = merge(
      { restartPolicy: "Never", containers: [{ name: serverContainer }] },
      overrides,
    );
    if (restartPolicy !== "Never")
      complain("must stay Never: the gateway starts a server anew by itself", "restartPolicy");
    if (
      !Array.isArray(containers) ||
      !containers.some((one) => isObject(one) && one.name === serverContainer)
    )
      complain(`must leave the container ${serverContainer} there: it is the server`, "containers");
    const said: unknown = overrides.containers;
    for (const [index, container] of (Array.isArray(said) ? said : []).entries()) {
      if (!isObject(container) || container.name !== serverContainer) continue;
      for (const key of ofTheGateway)
        if (key in container) complain("follows from transport", "containers", index, key);
    }
  }),
);

/** A directive that is not understood would be sent to the cluster, which forgets what it does not know. */
function checkDirectives(value: unknown, path: readonly PropertyKey[], complain: Complain): void {
  if (!isObject(value) && !Array.isArray(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === "$patch") {
      if (member !== "delete" && member !== "replace") complain("must be delete or replace", ...here);
    } else if (key === "$retainKeys") {
      if (!Array.isArray(member)) complain("must be a list of keys", ...here);
    } else if (key.startsWith("$") || key === "__proto__")
      complain("is not understood; $patch and $retainKeys are", ...here);
    else checkDirectives(member, here, complain);
  }
}
