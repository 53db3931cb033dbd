import type { ServerConfig } from "../config/types.ts";
import { redactor } from "../redact.ts";
import type { OptionsIssue, RuntimeV1 } from "../runtime/v1.ts";
import { within } from "../runtime/waiting.ts";

const checkMs = 10_000;

/** What there is to say of an entry's `runtime`. */
export interface RuntimeRemark {
  /** The keys below `runtime` that lead to what is meant. */
  readonly path: readonly string[];
  readonly message: string;
}

export type ResolvedRuntime =
  | { readonly runtime: RuntimeV1; readonly options: unknown }
  | { readonly problems: readonly RuntimeRemark[] };

/** Finds the runtime that an entry names and has it check the entry's options. Never rejects. */
export async function resolveRuntime(
  server: ServerConfig,
  runtimes: readonly RuntimeV1[],
): Promise<ResolvedRuntime> {
  const { type, ...written } = server.runtime;
  const redact = (text: string) => redactorOf(server)(text);
  const runtime = runtimes.find(({ name }) => name === type);
  if (!runtime) {
    const advice = "a runtime that is not one of the gateway's own must be listed under runtimes";
    return problem(["type"], `Server '${server.id}' has unknown runtime type: ${redact(type)}; ${advice}`);
  }
  if (runtime.specVersion !== "v1") {
    const version = String((runtime as { specVersion?: unknown }).specVersion);
    return problem(["type"], `The runtime ${type} is made for interface ${version}; this gateway has v1`);
  }
  try {
    const checked = await inTime(runtime.options["~standard"].validate(written));
    if (!checked.issues) return { runtime, options: checked.value };
    return { problems: checked.issues.map((issue) => remarkOf(issue, redact)) };
  } catch (error) {
    return problem(
      [],
      `The runtime ${type} failed to check its options: ${redact((error as Error).message)}`,
    );
  }
}

/** The check is somebody else's code, and may never end. */
async function inTime<T extends object>(check: T | Promise<T>): Promise<T> {
  // Nearly all are: nothing to wait for.
  if (!("then" in check)) return check;
  const work = Promise.resolve(check);
  if (
    await within(
      checkMs,
      work.catch(() => {}),
    )
  )
    return work;
  throw new Error(`it did not end within ${checkMs / 1000} s`);
}

function problem(path: readonly string[], message: string): ResolvedRuntime {
  return { problems: [{ path, message }] };
}

/** Hides the secrets of an entry in what is said of it. */
export function redactorOf(server: ServerConfig): (text: string) => string {
  return redactor([...(server.secrets ?? []), ...Object.values(server.env ?? {})]);
}

/** What a runtime says of its options; it may quote their values. */
export function remarkOf(issue: OptionsIssue, redact: (text: string) => string): RuntimeRemark {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
  return { path, message: redact(`${["runtime", ...path].join(".")}: ${issue.message}`) };
}
