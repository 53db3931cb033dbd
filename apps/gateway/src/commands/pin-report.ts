import {
  differences,
  type OmgError,
  quoteVisibly,
  type ServerPins,
  setHash,
  type ToolChange,
} from "@omg/core";

/** What became of one server. */
export interface PinOutcome {
  readonly server: string;
  /** What was pinned. */
  readonly old?: ServerPins | undefined;
  /** What it offers. */
  readonly now?: ServerPins | undefined;
  /** Why that is not known. */
  readonly problem?: OmgError | undefined;
  /** What it offers is pinned now. */
  readonly accepted: boolean;
}

export function pinText(outcomes: readonly PinOutcome[]): string {
  const undecided = outcomes.filter((outcome) => stateOf(outcome) === "differs").map(({ server }) => server);
  const lines = outcomes.filter(({ problem }) => !problem).flatMap(linesOf);
  if (undecided.length > 0) lines.push(`To accept: omg pin --approve ${undecided.join(" ")}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** What there is to say of servers that did not tell their tools. */
export function pinProblems(outcomes: readonly PinOutcome[]): string {
  const failed = outcomes.flatMap(({ server, problem }) => (problem ? [{ server, problem }] : []));
  return failed
    .map(({ server, problem }) => `${server}  error[${problem.reason}]: ${problem.message}\n`)
    .join("");
}

export function pinJson(lock: string, outcomes: readonly PinOutcome[]): string {
  const servers = outcomes.map((outcome) => {
    const { server: id, old, now, problem } = outcome;
    return {
      id,
      state: stateOf(outcome),
      tools: now?.size,
      set: { old: old && setHash(old), new: now && setHash(now) },
      changes: now && differences(old ?? none, now).map(changeJson),
      problem: problem && { reason: problem.reason, message: problem.message },
    };
  });
  return `${JSON.stringify({ v: 1, lock, servers }, undefined, 2)}\n`;
}

type PinState = "pinned" | "approved" | "unchanged" | "not pinned" | "differs" | "failed";

const none: ServerPins = new Map();

function stateOf({ old, now, accepted }: PinOutcome): PinState {
  if (!now) return "failed";
  if (!old) return accepted ? "pinned" : "not pinned";
  if (setHash(old) === setHash(now)) return "unchanged";
  return accepted ? "approved" : "differs";
}

function linesOf(outcome: PinOutcome): string[] {
  const { server, old = none, now = none } = outcome;
  const state = stateOf(outcome);
  const changes = differences(old, now);
  if (state === "pinned" || state === "unchanged") {
    return [`${server}  ${state}, ${now.size} ${now.size === 1 ? "tool" : "tools"}`];
  }
  return [`${server}  ${state}, ${countsOf(changes)}`, ...changes.flatMap(changeLines)];
}

function countsOf(changes: readonly ToolChange[]): string {
  const count = (kind: string) => changes.filter((change) => kindOf(change) === kind).length;
  return `${count("changed")} changed, ${count("added")} added, ${count("removed")} removed`;
}

function kindOf({ old, now }: ToolChange): "added" | "removed" | "changed" {
  if (!old) return "added";
  return now ? "changed" : "removed";
}

function changeJson(change: ToolChange) {
  const { name, old, now } = change;
  const description = { old: old?.description, new: now?.description };
  return { name, change: kindOf(change), old: old?.hash, new: now?.hash, description };
}

function changeLines({ name, old, now }: ToolChange): string[] {
  const shortHash = (hash: string) => hash.slice(0, "sha256:".length + 12);
  if (!old) return [`  + ${name}  ${now && shortHash(now.hash)}`, ...textLines("", now?.description)];
  if (!now) return [`  - ${name}  ${shortHash(old.hash)}`];
  const same = old.description === now.description;
  return [
    `  ~ ${name}  ${shortHash(old.hash)} → ${shortHash(now.hash)}`,
    ...(same ? ["      its title, schemas or annotations"] : textLines(old.description, now.description)),
  ];
}

/** The lines that differ. */
function textLines(old = "", now = ""): string[] {
  const before = old.split("\n");
  const after = now.split("\n");
  while (before.length > 0 && before[0] === after[0]) {
    before.shift();
    after.shift();
  }
  while (before.length > 0 && before.at(-1) === after.at(-1)) {
    before.pop();
    after.pop();
  }
  const quoted = (sign: string, lines: string[]) =>
    lines
      .filter((line, index) => line !== "" || index < lines.length - 1)
      .map((line) => `      ${sign} ${quoteVisibly(line)}`);
  return [...quoted("-", before), ...quoted("+", after)];
}
