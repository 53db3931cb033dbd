import { z } from "zod";

/** What a server gets of its node for sure, and at most. */

const defaults = { requests: { memory: "64Mi", cpu: "50m" }, limits: { memory: "512Mi", cpu: "1" } };
const leastMemory = 6 * 1024 ** 2;

const form = /^(\d+(?:\.\d+)?)([numkMGTPE]|[KMGTPE]i|e\d+)?$/;
const aQuantity = "must be a quantity such as 500m, 2 or 256Mi";

/** Kubernetes' quantities: `500m`, `2`, `256Mi`. */
export const quantity = z
  .union([z.string(), z.number()], aQuantity)
  .transform(String)
  .refine((value) => form.test(value), { error: aQuantity, abort: true });

/** How much that is: bytes, or processors. */
export function amountOf(text: string): number {
  const [, number = "0", unit = ""] = form.exec(text) ?? [];
  if (unit.startsWith("e")) return Number(text);
  if (unit.endsWith("i")) return Number(number) * 1024 ** "_KMGTPE".indexOf(unit.charAt(0));
  return Number(number) * 1000 ** (["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].indexOf(unit) - 3);
}

const requests = z.strictObject({
  memory: quantity.optional().describe("Such as 256Mi."),
  cpu: quantity.optional().describe("Such as 500m, or 1."),
});

// For the cluster, none at all would be no limit.
const limits = z.strictObject({
  memory: quantity
    .refine((value) => amountOf(value) >= leastMemory, "must be 6Mi or more; a number alone is bytes")
    .optional()
    .describe("Such as 512Mi."),
  cpu: quantity
    .refine((value) => amountOf(value) >= 0.001, "must be 1m or more")
    .optional()
    .describe("Such as 500m, or 1."),
});

export const resources = z
  .strictObject({ requests: requests.optional(), limits: limits.optional() })
  .superRefine(({ requests, limits }, { addIssue }) => {
    for (const kind of ["memory", "cpu"] as const) {
      const [least, most] = [requests?.[kind], limits?.[kind]];
      if (least !== undefined && most !== undefined && amountOf(least) > amountOf(most))
        addIssue({
          code: "custom",
          path: ["requests", kind],
          message: `must not be more than limits.${kind}`,
        });
    }
  });

/** The resources of a container: what is not said follows what is, so that a request is never more than its limit. */
export function resourcesOf(said: z.output<typeof resources> = {}): object {
  const memory = bounds("memory", said);
  const cpu = bounds("cpu", said);
  return {
    requests: { memory: memory.least, cpu: cpu.least },
    limits: { memory: memory.most, cpu: cpu.most },
  };
}

function bounds(kind: "memory" | "cpu", { requests, limits }: z.output<typeof resources>) {
  const least = requests?.[kind];
  const most = limits?.[kind];
  return {
    least: least ?? smaller(defaults.requests[kind], most),
    most: most ?? larger(defaults.limits[kind], least),
  };
}

function smaller(one: string, other = one): string {
  return amountOf(other) < amountOf(one) ? other : one;
}

function larger(one: string, other = one): string {
  return amountOf(other) > amountOf(one) ? other : one;
}
