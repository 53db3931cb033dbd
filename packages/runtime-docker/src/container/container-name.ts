import { createHash } from "node:crypto";

/**
 * The name of an instance's container: made from its server and itself, so that the same instance never has two, and two
 * servers never the same. Engines take letters, digits and `_.-`.
 */
export function containerName(server: string, instanceId: string): string {
  const word = server
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  const digest = createHash("sha256").update(`${server}\0${instanceId}`).digest("hex").slice(0, 12);
  return ["omg", word, digest].filter((part) => part !== "").join("-");
}
