import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export const manifestsRegions = {
  "the gateway's Role": () => manifest("deploy/kubernetes/base/role.yaml"),
} as const;

/** A manifest of the repository, as it is. */
function manifest(path: string): string {
  return `\`\`\`yaml\n${readFileSync(join(root, path), "utf8")}\`\`\``;
}
