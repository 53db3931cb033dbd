import * as v from "valibot";

/** Forms that the options of both types share. */

export const text = v.pipe(
  v.string(),
  v.check((value) => !value.includes("\0"), "must not contain a NUL byte"),
);
export const filled = v.pipe(text, v.minLength(1, "must not be empty"));

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Names of namespaces and services (RFC 1123 labels). */
export const labelName = v.pipe(
  v.string(),
  v.regex(dnsLabel, "must be small letters, digits and - (63 at most), as Kubernetes names things"),
);

/** Names of most other things (RFC 1123 subdomains). */
export const objectName = v.pipe(
  v.string(),
  v.regex(dnsName, "must be small letters, digits, - and . (253 at most), as Kubernetes names things"),
);

/** A whole number within bounds. */
export const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

export const port = whole(1, 65_535);

export const path = v.pipe(
  v.string(),
  v.regex(/^\/[^\s?#]*$/, "must begin with / and hold no spaces, ? or #"),
);

export const waitForNode = v.pipe(
  v.optional(v.boolean(), false),
  v.description(
    "Whether a pod that no node takes is waited for until start_timeout_seconds, as where nodes are added on demand.",
  ),
);

/** Where the API server is, for both types. */
export const clusterKeys = {
  namespace: v.pipe(
    v.optional(labelName),
    v.description("Where it is. Default: that of the context; in a cluster the gateway's own."),
  ),
  context: v.pipe(
    v.optional(filled),
    v.description("A context of the kubeconfig. Default: its current one."),
  ),
  kubeconfig: v.pipe(
    v.optional(filled),
    v.description(
      "A kubeconfig file (relative to the file it stands in; ~/ works). Default: KUBECONFIG, the cluster that the gateway runs in, ~/.kube/config.",
    ),
  ),
};
