import { z } from "zod";
import { clusterKeys, filled, missing, objectName, path, port, text, waitForNode } from "../forms.ts";
import { podOverrides } from "./checked-overrides.ts";
import { furtherAnnotations, furtherLabels, nodeLabels } from "./labels.ts";
import { resources } from "./resources.ts";
import { volumes } from "./volumes.ts";

/** `[registry/]name[:tag][@sha256:digest]`, as the nodes read it (distribution's reference grammar). */
const image = z
  .string({ error: missing })
  .regex(
    /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    "must be the name of an image, such as ghcr.io/acme/server:1.2",
  );

const command = z
  .union(
    [filled, z.array(text).min(1, "must not be empty")],
    "must name a program, as a text or a list of texts",
  )
  .transform((said) => (typeof said === "string" ? [said] : said));

const source = z
  .strictObject({
    config_map: objectName.optional().describe("The name of a ConfigMap."),
    secret: objectName.optional().describe("The name of a Secret."),
    prefix: text.optional().describe("What is put before each name."),
  })
  .refine((one) => [one.config_map, one.secret].filter((kind) => kind !== undefined).length === 1, {
    error: "must say one of config_map and secret",
  });

const toleration = z.looseObject({ key: text.optional() });

/** What a catalog entry of type `k8s-job` may say. */
export const jobOptions = z
  .strictObject({
    ...clusterKeys,
    image: image.describe("The image, best with its digest: name@sha256:…"),
    command: command
      .optional()
      .describe("The program, in place of the image's entry point. Default: the image's."),
    args: z
      .array(text)
      .optional()
      .describe("Its arguments, texts (quote numbers). Default: the image's, unless command is set."),
    transport: z
      .enum(["stdio", "http"])
      .default("stdio")
      .describe("How the server speaks: over stdin and stdout, or streamable HTTP at port and path."),
    port: port.optional().describe("For http: the port that it listens on in the pod."),
    path: path.default("/mcp").describe("For http: the path of its MCP endpoint."),
    env_from: z.array(source).default([]).describe("ConfigMaps and Secrets whose entries become variables."),
    service_account: objectName
      .optional()
      .describe("Whose rights its pod has. No token is given to it either way."),
    resources: resources
      .optional()
      .describe("What it gets for sure, and at most. Default: 64Mi and 50m; 512Mi and 1."),
    volumes: volumes.default([]).describe("What it sees besides its image. /tmp is 64Mi of memory anyway."),
    image_pull_policy: z
      .enum(["Always", "IfNotPresent", "Never"])
      .optional()
      .describe("When a node fetches the image. Default: as the cluster decides."),
    image_pull_secrets: z.array(objectName).default([]).describe("Secrets with logins of registries."),
    node_selector: nodeLabels.default({}).describe("Labels that a node must have."),
    wait_for_node: waitForNode,
    tolerations: z
      .array(toleration)
      .default([])
      .describe("Taints of nodes that do not matter, as Kubernetes writes them."),
    labels: furtherLabels.default({}).describe("Further labels of Job and pod."),
    annotations: furtherAnnotations.default({}).describe("Further annotations of Job and pod."),
    active_deadline_seconds: z
      .int()
      .min(60)
      .max(31_536_000)
      .default(86_400)
      .describe("The cluster ends the server after so long, whatever has become of the gateway."),
    grace_period_seconds: z
      .int()
      .min(0)
      .max(300)
      .default(5)
      .describe("Seconds from asking it to end (SIGTERM) to ending it by force."),
    pod_overrides: podOverrides
      .default({})
      .describe(
        "Has the last word on the pod's spec, as Kubernetes writes it: a strategic merge patch, in which null takes away.",
      ),
  })
  .superRefine(({ transport, port }, { addIssue }) => {
    if (transport === "http" && port === undefined)
      addIssue({ code: "custom", path: ["port"], message: "is required with transport: http" });
    if (transport === "stdio" && port !== undefined)
      addIssue({ code: "custom", path: ["port"], message: "goes with transport: http" });
  });

export type JobOptions = z.output<typeof jobOptions>;
