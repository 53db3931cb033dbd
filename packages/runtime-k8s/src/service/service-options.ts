import * as v from "valibot";
import { clusterKeys, labelName, objectName, path, port, waitForNode, whole } from "../forms.ts";
import { checkAll, closed, optionsSchema } from "../schemas.ts";

/** What a catalog entry of type `k8s-service` may say. */
export const serviceOptions = optionsSchema(
  v.pipe(
    closed({
      ...clusterKeys,
      service_name: v.pipe(v.optional(labelName), v.description("A Service whose pods serve MCP over HTTP.")),
      port: v.pipe(
        port,
        v.description("The Service's port; without service_name the port that the pods listen on."),
      ),
      path: v.pipe(v.optional(path, "/mcp"), v.description("The path of the MCP endpoint.")),
      deployment: v.pipe(
        v.optional(objectName),
        v.description(
          "The Deployment of the pods, which is scaled up when the server is needed, and down when it is idle.",
        ),
      ),
      wait_for_node: waitForNode,
      min_replicas: v.pipe(
        v.optional(whole(0, 1000), 0),
        v.description("How many pods stay when it is idle."),
      ),
      max_replicas: v.pipe(
        v.optional(whole(1, 1000)),
        v.description(
          "How many pods there are at most, one for each instance. Default: one, and more are left to others.",
        ),
      ),
    }),
    checkAll(({ service_name, deployment, min_replicas, max_replicas }, complain) => {
      if (service_name === undefined && deployment === undefined)
        complain("is required, or deployment is", "service_name");
      if (deployment === undefined && max_replicas !== undefined)
        complain("goes with deployment", "max_replicas");
      if (deployment === undefined && min_replicas > 0) complain("goes with deployment", "min_replicas");
      if (max_replicas !== undefined && max_replicas < min_replicas)
        complain("must not be less than min_replicas", "max_replicas");
    }),
  ),
);

export type ServiceOptions = v.InferOutput<typeof serviceOptions>;
