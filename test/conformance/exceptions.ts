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
const undeclared = [
  "server-stateless:sep-2575-server-rejects-undeclared-capability",
  "server-stateless:sep-2575-missing-capability-http-400",
];
/** Runs in which instances are shared by all clients, and those in which they are not. */
const sharedInstances = ["one server", "all servers", "remote", "remote, all"];
/** Behind one connection that they share. */
const onePipe = ["one server", "all servers"];
const ownInstances = ["session scope", "remote SSE, session scope"];

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
    revision: "2025-11-25",
    era: "modern",
    runs: ["remote"],
    checks: ["server-sse-multiple-streams:server-sse-streams-functional"],
    impossible: false,
    reason:
      "This server answers with JSON, and so does the gateway; the suite then has no streams to look at.",
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
    runs: [...ownInstances, "remote", "remote, all"],
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
    runs: sharedInstances,
    checks: [
      `${mrtr}-basic-list-roots:sep-2322-list-roots-incomplete`,
      `${mrtr}-basic-list-roots:sep-2322-list-roots-complete`,
    ],
    impossible: true,
    reason:
      "A legacy server may ask for roots only if they were declared in `initialize` (client/roots of 2025-11-25). The gateway's " +
      "handshake is older than the modern request and serves many clients, so that it promises no roots.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    runs: onePipe,
    checks: [
      `${mrtr}-basic-sampling:sep-2322-sampling-incomplete`,
      `${mrtr}-capability-check:sep-2322-respect-client-capabilities`,
      `${mrtr}-missing-input-response:sep-2322-missing-response-rerequests`,
      `${mrtr}-multi-round:sep-2322-multi-round-r1`,
      `${mrtr}-non-tool-request:sep-2322-non-tool-incomplete`,
      `${mrtr}-request-state:sep-2322-request-state-incomplete`,
      `${mrtr}-result-type:sep-2322-result-type-included`,
      `${mrtr}-tampered-state:sep-2322-reject-tampered-state`,
      `${mrtr}-validate-input:sep-2322-validate-input-responses`,
      `${mrtr}-validate-input:sep-2322-error-on-protocol-error`,
    ],
    impossible: true,
    reason:
      "The suite leaves calls behind that wait for answers. A shared legacy server behind one pipe does not say whom it asks, so " +
      "that questions are refused while calls of several clients are open there, as for any of its clients. The gateway does " +
      "not guess; `scope: session` is the way, and the run `session scope` shows it.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    runs: onePipe,
    checks: [
      `${mrtr}-basic-sampling:sep-2322-sampling-complete`,
      `${mrtr}-multi-round:sep-2322-multi-round-r2`,
      `${mrtr}-multi-round:sep-2322-multi-round-complete`,
      `${mrtr}-non-tool-request:sep-2322-non-tool-complete`,
      `${mrtr}-request-state:sep-2322-request-state-complete`,
    ],
    impossible: false,
    reason: "Nothing was asked, see above, so that nothing can go on.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    runs: ["all servers"],
    checks: undeclared,
    impossible: true,
    reason: "The question that cannot be answered is refused before, see above.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    runs: ownInstances,
    checks: undeclared,
    impossible: true,
    reason:
      "A legacy server of one client is told in `initialize` what that client can do (lifecycle of 2025-11-25), and so does not " +
      "even ask: its refusal is its own, without the error code of a later revision.",
  },
  {
    revision: "2026-07-28",
    era: "legacy",
    runs: ownInstances,
    checks: [
      "server-stateless:sep-2575-server-sends-prompts-list-changed-on-subscription",
      "server-stateless:sep-2575-server-sends-tools-list-changed-on-subscription",
    ],
    impossible: true,
    reason:
      "Each request of a client without a session has an instance for itself: what a call changes in its own is not changed in " +
      "the one that another request listens to.",
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
