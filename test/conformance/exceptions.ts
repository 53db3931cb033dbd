import type { EraName, Revision } from "./revisions.ts";

/** Checks that pass without the gateway and need not pass, or cannot, with it. Checks are named `scenario:check`. */
export interface Exception {
  readonly revision: Revision;
  /** Of the server behind the gateway. Default: any. */
  readonly era?: EraName;
  /** By their names in `plan.ts`. Default: all. */
  readonly runs?: readonly string[];
  readonly checks: readonly string[];
  /** Whether they cannot pass: one that does all the same is told, so that the list stays true. */
  readonly impossible: boolean;
  readonly reason: string;
}

const mrtr = "input-required-result";

const polling = [
  "server-sse-polling:server-sse-priming-event",
  "server-sse-polling:server-sse-retry-field",
  "server-sse-polling:server-sse-disconnect-resume",
];

/** Runs at the endpoint of one server that does not answer each call over HTTP. */
const withoutStreams = ["one server", "session scope", "remote SSE"];

export const exceptions: readonly Exception[] = [
  {
    revision: "2025-11-25",
    runs: [...withoutStreams, "all servers", "remote, all"],
    checks: ["server-sse-multiple-streams:server-sse-streams-functional"],
    impossible: false,
    reason:
      "The gateway answers with JSON if nothing comes before the answer and the server did not choose an event stream, as " +
      "servers may, and the suite then has no streams to look at. The lists of all servers are the gateway's own.",
  },
  {
    revision: "2025-11-25",
    era: "legacy",
    runs: [...withoutStreams, "all servers"],
    checks: polling,
    impossible: false,
    reason:
      "The server ends the stream of a call and goes on in another one. Over stdio and HTTP+SSE a call has no stream of its " +
      "own.",
  },
  {
    revision: "2025-11-25",
    era: "modern",
    checks: polling,
    impossible: false,
    reason: "In the modern era a server has no stream that it could go on with.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    checks: [
      `${mrtr}-basic-elicitation:sep-2322-elicitation-incomplete`,
      `${mrtr}-basic-elicitation:sep-2322-elicitation-complete`,
    ],
    impossible: true,
    reason:
      "The suite wants the key `user_name`. Keys of questions are the server's to choose (basic/patterns/mrtr); up to " +
      "2025-11-25 a question is a request and has an id instead, so that the key is the gateway's, which cannot know this one. " +
      "`basic-sampling` takes any key and tests the same.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    checks: [`${mrtr}-ignore-extra-params:sep-2322-ignore-unexpected-params`],
    impossible: true,
    reason:
      "The suite answers a question that nobody has asked, in a first call without `requestState`. A legacy server asks while " +
      "a call is running; there is none yet, and what it will ask is not known by `user_name`. The gateway must ask.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    checks: [
      `${mrtr}-multiple-input-requests:sep-2322-multiple-inputs-incomplete`,
      `${mrtr}-multiple-input-requests:sep-2322-multiple-inputs-complete`,
    ],
    impossible: true,
    reason:
      "The suite wants three questions in one result. Up to 2025-11-25 each question is a request of its own, and a server may " +
      "wait for one answer before it asks on, as this one does: the gateway cannot know that more are to come. One of the " +
      "three is about roots, see there.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    checks: [
      `${mrtr}-basic-list-roots:sep-2322-list-roots-incomplete`,
      `${mrtr}-basic-list-roots:sep-2322-list-roots-complete`,
    ],
    impossible: true,
    reason:
      "A legacy server may ask for roots only if they were declared in `initialize` (client/roots of 2025-11-25). The gateway's " +
      "handshake is older than the modern request and serves many clients, so that it promises no roots.",
  },
];

/** What a run through the gateway is excused from, in the two ways there are. */
export function excusedIn(revision: Revision, era: EraName, run: string): Excuses {
  const applying = exceptions.filter(
    (exception) =>
      exception.revision === revision &&
      (exception.era ?? era) === era &&
      (exception.runs?.includes(run) ?? true),
  );
  const checks = (impossible: boolean) =>
    applying.filter((exception) => exception.impossible === impossible).flatMap(({ checks }) => checks);
  return { notAsked: checks(false), impossible: checks(true) };
}

export interface Excuses {
  readonly notAsked: readonly string[];
  readonly impossible: readonly string[];
}
