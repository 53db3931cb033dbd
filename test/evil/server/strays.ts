import type { IncomingMessage } from "node:http";

/** In the list of what was received it stands before a path where nobody has to come. */
export const strayWord = "stray ";

/** Another origin, which is this server all the same: whoever is led there and comes is written down. */
export function strayUrl({ headers }: IncomingMessage): string {
  return `http://localhost:${headers.host?.split(":")[1]}/elsewhere`;
}
