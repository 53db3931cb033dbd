import type { AnswerCheck } from "../client/conversation.ts";
import type { Call } from "../client/load.ts";

/** Gateways and bridges of others, and the versions of them that npm installs. */
export const peerVersions = { "mcp-hub": "4.2.1", "mcp-proxy": "6.7.19", supergateway: "4.0.0" } as const;

export type PeerName = keyof typeof peerVersions;

export const peerNames = Object.keys(peerVersions) as readonly PeerName[];

/** What is measured beside each other, in the order of the tables; `direct` is the fixture without anything in front. */
export const targetNames = [
  "direct",
  "hello",
  "hono",
  "forwarder",
  "by-hand",
  "gateway",
  ...peerNames,
] as const;

export type TargetName = (typeof targetNames)[number];

/** Something that answers tool calls, running. */
export interface RunningTarget extends AsyncDisposable {
  readonly name: TargetName;
  /** Gets ready for so many calls at once, spread over so many sessions, which end with the lanes. */
  open(lanes: number, sessions: number): Promise<OpenLanes>;
  /** Opens so many sessions, uses each once and leaves it open. */
  openSessions(count: number): Promise<void>;
  /** The pids of its own processes, those of fixtures left out. */
  own(): number[];
  /** How many fixtures run behind it. */
  fixtures(): number;
}

export interface OpenLanes extends AsyncDisposable {
  /** For each lane a call of one of the fixture's tools; a call fails if its answer does not pass the check. */
  tool(name: string, args: object, check: AnswerCheck): Call[];
  /** For each lane a request for the list of tools, likewise. Default: any list will do. */
  list(check?: AnswerCheck): Call[];
  /** How many tools the list has. */
  countTools(): Promise<number>;
}
