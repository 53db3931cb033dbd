import type { Stage } from "./stage.ts";

/** Where an evil server can stand behind the gateway. */
export type Upstream = "stdio" | "http";

/** One way for a server to be evil, and what the gateway promises all the same. */
export interface EvilCase {
  /** Of the catalogue of evil servers, E01 to E49. */
  readonly id: string;
  /** The mode of the server. */
  readonly mode: string;
  readonly upstreams: readonly Upstream[];
  /** In the catalog's entry of the server, beside the usual. */
  readonly entry?: object;
  /** At the top level of the configuration, beside the usual. */
  readonly config?: object;
  /** Tries it. Throws what is not as promised; returns what a user saw, in a few words. */
  play(stage: Stage): Promise<string>;
}
