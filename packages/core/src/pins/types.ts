/** What happens when a server's tools differ from their pins: nothing, a warning, or they can not be used. */
export type PinPolicy = "off" | "warn" | "block";

/** A tool's definition as it was accepted. */
export interface ToolPin {
  /** `sha256:` and 64 hex digits, of all that a model may get to see of the tool. */
  readonly hash: string;
  /** What the description was, for people who compare. Nothing is checked against it. */
  readonly description?: string | undefined;
}

/** The whole set of a server's tools, by the names that the server gives them. */
export type ServerPins = ReadonlyMap<string, ToolPin>;

/** What holds for the tools of one server. */
export interface PinRule {
  readonly policy: PinPolicy;
  /** Absent: nothing of the server is pinned. */
  readonly pinned?: ServerPins | undefined;
}

/** The definitions that were accepted, by server. */
export interface PinLock {
  /** By the ids of the servers; one that is not in here has nothing pinned. */
  readonly servers: ReadonlyMap<string, ServerPins>;
  /** Why it can not be read: then nobody knows what was accepted, and servers that must match it are not usable. */
  readonly problem?: string | undefined;
}
