import { describe, expect, test } from "vitest";
import { jobOptions } from "../src/job/job-options.ts";
import { jobSpec } from "../src/job/job-spec.ts";
import { differences } from "./support/differences.ts";
import { entries } from "./support/entries.ts";
import { violations } from "./support/restricted-profile.ts";
import { jobRequest } from "./support/start-request.ts";

const image = "acme/tickets:1";
const owner = { apiVersion: "v1", kind: "Pod", name: "gateway", uid: "1234" };
const who = { server: "tickets", instanceId: "one", owner: "us" };

interface Job {
  readonly spec: { readonly template: { readonly spec: Record<string, unknown> } };
}

function jobOf(options: object = {}, env: Record<string, string> = {}): Job {
  return jobSpec(jobRequest({ image, ...options }, { ...who, env }), "servers", owner) as Job;
}

const labels = {
  "app.kubernetes.io/managed-by": "open-mcp-gateway",
  "app.kubernetes.io/name": "tickets",
  "open-mcp-gateway.io/instance": "7abdedf0c8158f5a48ca0bb3556ca414",
  "open-mcp-gateway.io/owner": "us",
};
const annotations = { "open-mcp-gateway.io/server": "tickets" };

describe("the Job of an entry", () => {
  test("that names an image only is as narrow as can be", () => {
    expect(jobOf({}, { TOKEN: "t" })).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name: "omg-tickets-7abdedf0c8",
        namespace: "servers",
        labels,
        annotations,
        ownerReferences: [owner],
      },
      spec: {
        backoffLimit: 0,
        completions: 1,
        parallelism: 1,
        ttlSecondsAfterFinished: 60,
        activeDeadlineSeconds: 86_460,
        template: {
          metadata: { labels, annotations },
          spec: {
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            activeDeadlineSeconds: 86_400,
            terminationGracePeriodSeconds: 5,
            nodeSelector: {},
            tolerations: [],
            imagePullSecrets: [],
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65_534,
              runAsGroup: 65_534,
              fsGroup: 65_534,
              fsGroupChangePolicy: "OnRootMismatch",
              seccompProfile: { type: "RuntimeDefault" },
            },
            volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }],
            containers: [
              {
                name: "server",
                image,
                env: [
                  { name: "HOME", value: "/tmp" },
                  { name: "TOKEN", value: "t" },
                ],
                envFrom: [],
                stdin: true,
                stdinOnce: true,
                tty: false,
                resources: {
                  requests: { memory: "64Mi", cpu: "50m" },
                  limits: { memory: "512Mi", cpu: "1" },
                },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
                volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
              },
            ],
          },
        },
      },
    });
  });

  test("is seen with every option that there is", () => {
    const seen = entries.flatMap(({ options }) => Object.keys(options));
    expect(new Set([...seen, "namespace", "context", "kubeconfig"])).toEqual(
      new Set(Object.keys(jobOptions.entries)),
    );
  });

  test.each(entries)("differs by no more than what it says: $options", ({ options, changes }) => {
    expect(differences(jobOf(), jobOf(options))).toEqual(changes);
  });

  test.each([{ options: {} }, ...entries])("fits the restricted profile: $options", ({ options }) => {
    expect(violations(jobOf(options).spec.template)).toEqual([]);
  });

  test("hands on each variable and argument as it is, though Kubernetes would read $(NAME) and $$", () => {
    const odd = "a$$b $(HOME) $$(HOME) $ $$$";
    // Two make one, and what stands behind them is no reference then.
    const escaped = "a$$$$b $$(HOME) $$$$(HOME) $$ $$$$$$";
    const job = jobOf({ command: odd, args: [odd] }, { ODD: odd });
    expect(job.spec.template.spec.containers).toMatchObject([
      {
        command: [escaped],
        args: [escaped],
        env: [
          { name: "HOME", value: "/tmp" },
          { name: "ODD", value: escaped },
        ],
      },
    ]);
  });

  test("has the home that the entry says", () => {
    const [container] = jobOf({}, { HOME: "/data" }).spec.template.spec.containers as [{ env: object[] }];
    expect(container.env).toEqual([{ name: "HOME", value: "/data" }]);
  });

  test.each([
    [{ limits: { memory: "32Mi" } }, { requests: { memory: "32Mi" }, limits: { memory: "32Mi" } }],
    [{ requests: { memory: "1Gi" } }, { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } }],
    [{ requests: { memory: "100M" } }, { requests: { memory: "100M" }, limits: { memory: "512Mi" } }],
    [{ limits: { cpu: 0.02 } }, { requests: { cpu: "0.02" }, limits: { cpu: "0.02" } }],
    [{ requests: { cpu: 4 } }, { requests: { cpu: "4" }, limits: { cpu: "4" } }],
    [{ limits: { cpu: "2" } }, { requests: { cpu: "50m" }, limits: { cpu: "2" } }],
  ])("asks for no more than its limit, of which one may be said: %j", (resources, found) => {
    expect(jobOf({ resources }).spec.template.spec.containers).toMatchObject([{ resources: found }]);
  });

  test("has in place of the memory at /tmp what the entry mounts there", () => {
    const job = jobOf({ volumes: [{ name: "work", mount_path: "/tmp/", empty_dir: "1Gi" }] });
    expect(job.spec.template.spec).toMatchObject({
      volumes: [{ name: "work", emptyDir: { sizeLimit: "1Gi" } }],
      containers: [{ volumeMounts: [{ name: "work", mountPath: "/tmp/", readOnly: false }] }],
    });
  });
});
