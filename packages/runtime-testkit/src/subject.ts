import type { RuntimeV1 } from "@omg/core/runtime";
import type { ScriptedServer } from "./scripted-server.ts";

/** The numbers of the contract's rules. */
export type ContractRule =
  | "K1"
  | "K2"
  | "K3"
  | "K4"
  | "K5"
  | "K6"
  | "K7"
  | "K8"
  | "K9"
  | "K10"
  | "K11"
  | "K12"
  | "K13"
  | "K14"
  | "K15"
  | "K16"
  | "K17";

/** A runtime, and what the contract suite has to know about it. */
export interface RuntimeSubject {
  /** Makes the runtime. Called once a test. */
  createRuntime(): RuntimeV1;
  /** The runtime's options, as in a catalog, that run this server; or a promise of them. */
  server(script: ScriptedServer): unknown;
  /** Options that are well-formed but can never work, and what the error's message has to say about it. */
  brokenServer(): { readonly options: unknown; readonly message: RegExp };
  /** Options that the runtime must refuse, and the key that the complaint must name. */
  badOptions(): { readonly options: unknown; readonly key: string };
  /** Well-formed options for a place that is away for now: an engine that does not answer, a machine that is off. Default: none is. */
  away?(): unknown;
  /** Everything that instances of this owner have left, by any name: must be empty after each test. */
  leftovers(owner: string): Promise<readonly string[]>;
  /** Variables that the scripted server needs to run. Default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Names of variables that this runtime's servers have besides the ones asked for, markers included. */
  readonly addsEnv?: readonly string[] | undefined;
  /** Where relative paths of the options start. Default: the working directory. */
  readonly baseDirectory?: string | undefined;
  /** Longest time a start may take. Default 10 000. */
  readonly startMs?: number | undefined;
  /** Longest time a stop by force may take. Default 6 500. */
  readonly stopMs?: number | undefined;
  /** Longest time until the end of a server that dies by itself is noticed. Default 2 000. */
  readonly noticeMs?: number | undefined;
  /** Rules that can not be seen on this runtime, each with the reason, which is printed. */
  readonly skip?: Readonly<Partial<Record<ContractRule, string>>> | undefined;
}

/** Registers a test: vitest's `test`, or anything of its shape. */
export interface TestFunction {
  (name: string, run: () => Promise<void>, timeoutMs?: number): unknown;
  /** Registers a test that is not run, for a rule that is skipped. Absent: it is registered as one that passes. */
  readonly skip?: ((name: string, run: () => Promise<void>) => unknown) | undefined;
}
