import type { Call } from "../client/load.ts";
import type { AnswerCheck } from "../client/mcp-client.ts";

/** What is measured beside each other; `direct` is the fixture without anything in front. */
export type TargetName = "direct" | "hello" | "forwarder" | "by-hand" | "gateway";

/** Something that answers tool calls, running. */
export interface RunningTarget extends AsyncDisposable {
  readonly name: TargetName;
  /** Gets ready for so many calls at once, spread over so many sessions. */
  open(lanes: number, sessions: number): Promise<OpenLanes>;
  /** Opens so many sessions, uses each once and leaves it open. */
  openSessions(count: number): Promise<void>;
  /** The pids of its own processes, those of fixtures left out. */
  own(): number[];
  /** How many fixtures run behind it. */
  fixtures(): number;
}

export interface OpenLanes extends Disposable {
  /** For each lane a call of one of the fixture's tools; a call fails if its answer does not pass the check. */
  tool(name: string, args: object, check: AnswerCheck): Call[];
  /** For each lane a request for the list of tools. */
  list(): Call[];
  /** How many tools the list has. */
  countTools(): Promise<number>;
}
