import * as v from "valibot";
import { checkAll, closed } from "../schemas.ts";

/** What a server gets of its node for sure, and at most. */

const defaults = { requests: { memory: "64Mi", cpu: "50m" }, limits: { memory: "512Mi", cpu: "1" } };
const leastMemory = 6 * 1024 ** 2;

const form = /^(\d+(?:\.\d+)?)([numkMGTPE]|[KMGTPE]i|e\d+)?$/;
const aQuantity = "must be a quantity such as 500m, 2 or 256Mi";

/** Kubernetes' quantities: `500m`, `2`, `256Mi`. */
export const quantity = v.pipe(
  v.union([v.string(), v.number()], aQuantity),
  v.transform(String),
  v.custom<string>((value) => form.test(String(value)), aQuantity),
);

/** How much that is: bytes, or processors. */
export function amountOf(text: string): number {
  const [, number = "0", unit = ""] = form.exec(text) ?? [];
  if (unit.startsWith("e")) return Number(text);
  if (unit.endsWith("i")) return Number(number) * 1024 ** "_KMGTPE".indexOf(unit.charAt(0));
  return Number(number) * 1000 ** (["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].indexOf(unit) - 3);
}

const requests = closed({
  memory: v.pipe(v.optional(quantity), v.description("Such as 256Mi.")),
  cpu: v.pipe(v.optional(quantity), v.description("Such as 500m, or 1.")),
});

// For the cluster, none at all would be no limit.
const limits = closed({
  memory: v.pipe(
    v.optional(
      v.pipe(
        quantity,
        v.check((value) => amountOf(value) >= leastMemory, "must be 6Mi or more; a number alone is bytes"),
      ),
    ),
    v.description("Such as 512Mi."),
  ),
  cpu: v.pipe(
    v.optional(
      v.pipe(
        quantity,
        v.check((value) => amountOf(value) >= 0.001, "must be 1m or more"),
      ),
    ),
    v.description("Such as 500m, or 1."),
  ),
});

export const resources = v.pipe(
  closed({ requests: v.optional(requests), limits: v.optional(limits) }),
  checkAll(({ requests, limits }, complain) => {
    for (const kind of ["memory", "cpu"] as const) {
      const [least, most] = [requests?.[kind], limits?.[kind]];
      if (least !== undefined && most !== undefined && amountOf(least) > amountOf(most))
        complain(`must not be more than limits.${kind}`, "requests", kind);
    }
  }),
);

/** The resources of a container: what is not said follows what is, so that a request is never more than its limit. */
export function resourcesOf(said: v.InferOutput<typeof resources> = {}): object {
  const memory = bounds("memory", said);
  const cpu = bounds("cpu", said);
  return {
    requests: { memory: memory.least, cpu: cpu.least },
    limits: { memory: memory.most, cpu: cpu.most },
  };
}

function bounds(kind: "memory" | "cpu", { requests, limits }: v.InferOutput<typeof resources>) {
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
