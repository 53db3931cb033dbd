import { z } from "zod";
import { clusterKeys, labelName, objectName, path, port, waitForNode } from "../forms.ts";

/** What a catalog entry of type `k8s-service` may say. */
export const serviceOptions = z
  .strictObject({
    ...clusterKeys,
    service_name: labelName.optional().describe("A Service whose pods serve MCP over HTTP."),
    port: port.describe("The Service's port; without service_name the port that the pods listen on."),
    path: path.default("/mcp").describe("The path of the MCP endpoint."),
    deployment: objectName
      .optional()
      .describe(
        "The Deployment of the pods, which is scaled up when the server is needed, and down when it is idle.",
      ),
    wait_for_node: waitForNode,
    min_replicas: z.int().min(0).max(1000).default(0).describe("How many pods stay when it is idle."),
    max_replicas: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe(
        "How many pods there are at most, one for each instance. Default: one, and more are left to others.",
      ),
  })
  .superRefine(({ service_name, deployment, min_replicas, max_replicas }, { addIssue }) => {
    const complain = (key: string, message: string) => addIssue({ code: "custom", path: [key], message });
    if (service_name === undefined && deployment === undefined)
      complain("service_name", "is required, or deployment is");
    if (deployment === undefined && max_replicas !== undefined)
      complain("max_replicas", "goes with deployment");
    if (deployment === undefined && min_replicas > 0) complain("min_replicas", "goes with deployment");
    if (max_replicas !== undefined && max_replicas < min_replicas)
      complain("max_replicas", "must not be less than min_replicas");
  });

export type ServiceOptions = z.output<typeof serviceOptions>;
