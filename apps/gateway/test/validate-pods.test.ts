import { describe, expect, test } from "vitest";
import { said, validated } from "./support/validated.ts";

const image = `acme/tickets@sha256:${"0".repeat(64)}`;

const validate = (runtime: object) => validated({ type: "k8s-job", image, ...runtime });

describe("omg validate, of a server in a pod,", () => {
  test("says nothing of an entry that leaves everything on, and asks no cluster", async () => {
    expect(await validate({ kubeconfig: "no-such-file" })).toEqual({
      code: 0,
      stdout: "The configuration is valid: 1 server.\n",
      stderr: "",
    });
  });

  test("warns of each protection that an entry takes off", async () => {
    const result = await validate({
      image: "acme/tickets:1",
      volumes: [{ name: "data", mount_path: "/data", pvc: "data", read_only: false }],
      pod_overrides: {
        hostNetwork: true,
        automountServiceAccountToken: true,
        containers: [
          {
            name: "server",
            ports: [{ containerPort: 80, hostPort: 80 }],
            securityContext: { readOnlyRootFilesystem: false, capabilities: { add: ["NET_RAW"] } },
          },
        ],
      },
    });
    expect(result.code).toBe(0);
    expect(said(result)).toEqual([
      "warning: runtime.image: a tag can be moved to another image; name@sha256:… can not",
      "warning: runtime.volumes.0.read_only: the server can write there",
      "warning: runtime.pod_overrides: the pod is in its node's network, and reaches all that the node reaches",
      "warning: runtime.pod_overrides: the server gets a token of the API server",
      "warning: runtime.pod_overrides: the server gets the capability NET_RAW",
      "warning: runtime.pod_overrides: the server can change its own files, and fill the node's disk with them",
      "warning: runtime.pod_overrides: the server is reached past the gateway by whoever reaches port 80 of its node",
    ]);
  });

  test("refuses what no cluster would take, or the gateway could not use, with the key and the reason", async () => {
    const result = await validate({
      labels: { team: "a b" },
      resources: { limits: { memory: 512 } },
      pod_overrides: { restartPolicy: "Always", containers: [{ name: "server", tty: true }] },
    });
    expect(result.code).toBe(5);
    expect(said(result)).toEqual([
      "error[config_invalid]: runtime.labels.team: must be letters, digits, -, _ and . (63 at most), as Kubernetes writes values of labels",
      "error[config_invalid]: runtime.resources.limits.memory: must be 6Mi or more; a number alone is bytes",
      "error[config_invalid]: runtime.pod_overrides.restartPolicy: must stay Never: the gateway starts a server anew by itself",
      "error[config_invalid]: runtime.pod_overrides.containers.0.tty: follows from transport",
    ]);
  });
});
