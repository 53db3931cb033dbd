import type { Party } from "./party.ts";
import type { Json } from "./sdk-lines.ts";

/** Something a client does with a server, and what comes of it. */
export interface Feature {
  readonly title: string;
  readonly run: (party: Party) => Promise<unknown>;
  /** What the outcome is meant to be where all servers are behind one address; the same if this is missing. */
  readonly onAll?: (outcome: unknown) => unknown;
  /** Works only for a server that belongs to one client. */
  readonly sessionOnly?: true;
}

/** A result, or the error as the client sees it. */
export async function outcome(request: Promise<unknown>): Promise<unknown> {
  try {
    return await request;
  } catch (error) {
    const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
    return { code, message, data };
  }
}

/** What happened, without what differs from run to run and without the prefix of names. */
function tidy(value: unknown, party: Party): unknown {
  const text = JSON.stringify(value)
    .replaceAll(party.isAggregate ? party.name("") : "\0", "")
    .replace(/(?<="blob":")[^"]+/g, (blob) => readable(blob))
    .replace(/\d{1,2}:\d\d:\d\d\s[AP]M/g, "TIME")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DATE")
    .replace(/[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID");
  return JSON.parse(text);
}

/** Runs features on one client, one after the other, and keeps what came of each. */
export class Course {
  readonly #outcomes = new Map<Feature, Promise<unknown>>();

  constructor(party: Party, features: readonly Feature[]) {
    let before: Promise<unknown> = Promise.resolve();
    for (const feature of features) {
      const run = async () => tidy(await feature.run(party), party);
      const after = before.then(run, run);
      after.catch(() => {});
      this.#outcomes.set(feature, after);
      before = after;
    }
  }

  outcome(feature: Feature): Promise<unknown> {
    return this.#outcomes.get(feature) ?? Promise.reject(new Error(`${feature.title} does not run here`));
  }
}

/** The text of a tool's result. */
export function textOf(result: Json): string {
  return (result.content as { text?: string }[]).map(({ text }) => text ?? "").join("\n");
}

/** A blob as the text it is made from, if that says when it was made. */
function readable(blob: string): string {
  const text = Buffer.from(blob, "base64").toString();
  return text.includes(" created at ") ? text : blob;
}

/** The server names its session in some texts; over stdio it has none. */
export function withoutSession(outcome: unknown): unknown {
  const text = JSON.stringify(outcome)?.replace(/(?:from|for) session (?:ID|undefined)/g, "");
  return text === undefined ? undefined : JSON.parse(text);
}
