import type { EraName, Revision } from "./revisions.ts";

/** Checks that pass without the gateway and need not pass, or cannot, with it. Checks are named `scenario:check`. */
export interface Exception {
  readonly revision: Revision;
  /** Of the server behind the gateway. Default: any. */
  readonly era?: EraName;
  readonly checks: readonly string[];
  /** Whether they cannot pass: one that does all the same is told, so that the list stays true. */
  readonly impossible: boolean;
  readonly reason: string;
}

const mrtr = "input-required-result";

export const exceptions: readonly Exception[] = [
  {
    revision: "2025-11-25",
    checks: ["server-sse-multiple-streams:server-sse-streams-functional"],
    impossible: false,
    reason:
      "The gateway answers with JSON if nothing comes before the answer, as servers may, and the suite then has no streams to " +
      "look at.",
  },
  {
    revision: "2025-11-25",
    checks: [
      "server-sse-polling:server-sse-priming-event",
      "server-sse-polling:server-sse-retry-field",
      "server-sse-polling:server-sse-disconnect-resume",
    ],
    impossible: false,
    reason:
      "The server breaks the stream of a call off and goes on in another one. Over stdio, and in the modern era, it has no " +
      "stream that can be resumed; over HTTP it is the gateway that comes back for the rest, as `sse-retry` of the client's " +
      "scenarios sees.",
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
export function excusedIn(revision: Revision, era: EraName): Excuses {
  const applying = exceptions.filter(
    (exception) => exception.revision === revision && (exception.era ?? era) === era,
  );
  const checks = (impossible: boolean) =>
    applying.filter((exception) => exception.impossible === impossible).flatMap(({ checks }) => checks);
  return { notAsked: checks(false), impossible: checks(true) };
}

export interface Excuses {
  readonly notAsked: readonly string[];
  readonly impossible: readonly string[];
}
