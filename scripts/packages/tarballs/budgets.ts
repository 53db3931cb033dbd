import type { Tarball } from "./inspect.ts";

/** What a package may weigh as it is downloaded, in KB: a fifth more than it did when it was last looked at. */
const budgets: Readonly<Record<string, number>> = {
  "@omg/core": 185,
  "@omg/gateway": 785,
  "@omg/runtime-docker": 40,
  "@omg/runtime-k8s": 50,
  "@omg/runtime-local": 15,
  "@omg/runtime-sse": 34,
  "@omg/runtime-testkit": 19,
  "@omg/transport-http": 46,
  "@omg/transport-stdio": 19,
  "@omg/upstream-http": 23,
  "create-omg-runtime": 16,
};

/** Whether a package has grown without anybody saying that it may. */
export function overBudget({ bytes, manifest }: Pick<Tarball, "bytes" | "manifest">): string[] {
  const budget = budgets[manifest.name];
  if (budget === undefined) return [`${manifest.name} has no budget`];
  const size = Math.ceil(bytes.length / 1000);
  return size > budget ? [`it has ${size} KB, and may have ${budget}`] : [];
}
