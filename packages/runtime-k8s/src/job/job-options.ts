import * as v from "valibot";
import { clusterKeys, filled, objectName, path, port, text, waitForNode, whole } from "../forms.ts";
import { checkAll, closed, open, optionsSchema } from "../schemas.ts";
import { podOverrides } from "./checked-overrides.ts";
import { furtherAnnotations, furtherLabels, nodeLabels } from "./labels.ts";
import { resources } from "./resources.ts";
import { volumes } from "./volumes.ts";

/** `[registry/]name[:tag][@sha256:digest]`, as the nodes read it (distribution's reference grammar). */
const image = v.pipe(
  v.string(),
  v.regex(
    /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    "must be the name of an image, such as ghcr.io/acme/server:1.2",
  ),
);

const command = v.pipe(
  v.union(
    [filled, v.pipe(v.array(text), v.minLength(1, "must not be empty"))],
    "must name a program, as a text or a list of texts",
  ),
  v.transform((said) => (typeof said === "string" ? [said] : said)),
);

const source = v.pipe(
  closed({
    config_map: v.pipe(v.optional(objectName), v.description("The name of a ConfigMap.")),
    secret: v.pipe(v.optional(objectName), v.description("The name of a Secret.")),
    prefix: v.pipe(v.optional(text), v.description("What is put before each name.")),
  }),
  v.check(
    (one) => [one.config_map, one.secret].filter((kind) => kind !== undefined).length === 1,
    "must say one of config_map and secret",
  ),
);

const toleration = open({ key: v.optional(text) });

/** What a catalog entry of type `k8s-job` may say. */
export const jobOptions = optionsSchema(
  v.pipe(
    closed({
      ...clusterKeys,
      image: v.pipe(image, v.description("The image, best with its digest: name@sha256:…")),
      command: v.pipe(
        v.optional(command),
        v.description("The program, in place of the image's entry point. Default: the image's."),
      ),
      args: v.pipe(
        v.optional(v.array(text)),
        v.description("Its arguments, texts (quote numbers). Default: the image's, unless command is set."),
      ),
      transport: v.pipe(
        v.optional(v.picklist(["stdio", "http"]), "stdio"),
        v.description("How the server speaks: over stdin and stdout, or streamable HTTP at port and path."),
      ),
      port: v.pipe(v.optional(port), v.description("For http: the port that it listens on in the pod.")),
      path: v.pipe(v.optional(path, "/mcp"), v.description("For http: the path of its MCP endpoint.")),
      env_from: v.pipe(
        v.optional(v.array(source), []),
        v.description("ConfigMaps and Secrets whose entries become variables."),
      ),
      service_account: v.pipe(
        v.optional(objectName),
        v.description("Whose rights its pod has. No token is given to it either way."),
      ),
      resources: v.pipe(
        v.optional(resources),
        v.description("What it gets for sure, and at most. Default: 64Mi and 50m; 512Mi and 1."),
      ),
      volumes: v.pipe(
        v.optional(volumes, []),
        v.description("What it sees besides its image. /tmp is 64Mi of memory anyway."),
      ),
      image_pull_policy: v.pipe(
        v.optional(v.picklist(["Always", "IfNotPresent", "Never"])),
        v.description("When a node fetches the image. Default: as the cluster decides."),
      ),
      image_pull_secrets: v.pipe(
        v.optional(v.array(objectName), []),
        v.description("Secrets with logins of registries."),
      ),
      node_selector: v.pipe(v.optional(nodeLabels, {}), v.description("Labels that a node must have.")),
      wait_for_node: waitForNode,
      tolerations: v.pipe(
        v.optional(v.array(toleration), []),
        v.description("Taints of nodes that do not matter, as Kubernetes writes them."),
      ),
      labels: v.pipe(v.optional(furtherLabels, {}), v.description("Further labels of Job and pod.")),
      annotations: v.pipe(
        v.optional(furtherAnnotations, {}),
        v.description("Further annotations of Job and pod."),
      ),
      active_deadline_seconds: v.pipe(
        v.optional(whole(60, 31_536_000), 86_400),
        v.description("The cluster ends the server after so long, whatever has become of the gateway."),
      ),
      grace_period_seconds: v.pipe(
        v.optional(whole(0, 300), 5),
        v.description("Seconds from asking it to end (SIGTERM) to ending it by force."),
      ),
      pod_overrides: v.pipe(
        v.optional(podOverrides, {}),
        v.description(
          "Has the last word on the pod's spec, as Kubernetes writes it: a strategic merge patch, in which null takes away.",
        ),
      ),
    }),
    checkAll(({ transport, port }, complain) => {
      if (transport === "http" && port === undefined) complain("is required with transport: http", "port");
      if (transport === "stdio" && port !== undefined) complain("goes with transport: http", "port");
    }),
  ),
);

export type JobOptions = v.InferOutput<typeof jobOptions>;
