import type { FrontName } from "../support/fronts/front.ts";
import type { Stage } from "./stage.ts";

/** Where an evil server can stand behind the gateway: a process, an endpoint, or a container that speaks over stdio. */
export type Upstream = "stdio" | "http" | "container";

/** What a user saw, in a few words each. */
export interface Outcome {
  readonly seen: string;
  /** Of the call after that. */
  readonly next?: string | undefined;
}

/** One way for a server to be evil, and what the gateway promises all the same. */
export interface EvilCase {
  /** Of the catalogue of evil servers, E01 to E51. */
  readonly id: string;
  /** The mode of the server. */
  readonly mode: string;
  /** In one sentence, where it is the entry that is evil and not the server. */
  readonly what?: string;
  /** What is played on stdio is played in containers, too. */
  readonly upstreams: readonly Upstream[];
  /** Why it is not: what it asks can not be meant of a container. */
  readonly notInContainers?: string;
  /** The fronts that it can be played at. Default: all. */
  readonly fronts?: readonly FrontName[];
  /** Those of a brief run, where fronts make no difference. */
  readonly briefly?: readonly FrontName[];
  /** What the client says that it can do; nothing, unless said. */
  readonly capabilities?: object;
  /** In the catalog's entry of the server, beside the usual. */
  readonly entry?: object;
  /** At the top level of the configuration, beside the usual. */
  readonly config?: object;
  /** Bounds of the time that the gateway needs to stop, in milliseconds, where the server makes it wait. */
  readonly stopMs?: { readonly from: number; readonly to: number };
  /** What it offers at first is pinned before the gateway starts. */
  readonly isPinned?: boolean;
  /** Tries it. Throws what is not as promised. */
  play(stage: Stage): Promise<Outcome | string>;
}
