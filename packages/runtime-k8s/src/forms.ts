import { z } from "zod";

/** Forms that the options of both types share. */

export const missing = (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? "is required" : undefined;

export const text = z
  .string({ error: missing })
  .refine((value) => !value.includes("\0"), "must not contain a NUL byte");
export const filled = text.min(1, "must not be empty");

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Names of namespaces and services (RFC 1123 labels). */
export const labelName = z
  .string({ error: missing })
  .regex(dnsLabel, "must be small letters, digits and - (63 at most), as Kubernetes names things");

/** Names of most other things (RFC 1123 subdomains). */
export const objectName = z
  .string({ error: missing })
  .regex(dnsName, "must be small letters, digits, - and . (253 at most), as Kubernetes names things");

export const port = z.int({ error: missing }).min(1).max(65_535);

export const path = z.string().regex(/^\/[^\s?#]*$/, "must begin with / and hold no spaces, ? or #");

export const waitForNode = z
  .boolean()
  .default(false)
  .describe(
    "Whether a pod that no node takes is waited for until start_timeout_seconds, as where nodes are added on demand.",
  );

/** Where the API server is, for both types. */
export const clusterKeys = {
  namespace: labelName
    .optional()
    .describe("Where it is. Default: that of the context; in a cluster the gateway's own."),
  context: filled.optional().describe("A context of the kubeconfig. Default: its current one."),
  kubeconfig: filled
    .optional()
    .describe(
      "A kubeconfig file (relative to the file it stands in; ~/ works). Default: KUBECONFIG, the cluster that the gateway runs in, ~/.kube/config.",
    ),
};
