import { OmgError } from "../runtime/errors.ts";
import type { LastWords } from "./last-words.ts";
import type { StartPlan } from "./start-instance.ts";

export function timeoutError({ config }: StartPlan, ms: number, { progress }: LastWords): OmgError {
  return new OmgError("upstream_start_failed", {
    detail: "init_timeout",
    server: config.id,
    message:
      `Server '${config.id}' was not ready within ${ms / 1000} s${progress && ` (${progress})`}; ` +
      "if it needs longer, raise start_timeout_seconds",
  });
}

/** Fetching has a time of its own, which no setting makes longer. */
export function prepareTimeoutError({ config }: StartPlan, ms: number): OmgError {
  return new OmgError("upstream_start_failed", {
    detail: "prepare_timeout",
    server: config.id,
    message:
      `What server '${config.id}' needs to start could not be fetched within ${ms / 1000} s; ` +
      "the next call tries again, or fetch it by hand",
  });
}

/** Whatever made a start fail, in the words of the contract: what happened, how it exited, what it said last. */
export function startError(
  plan: StartPlan,
  failure: unknown,
  exit: string | undefined,
  lastWords: LastWords,
): OmgError {
  const { id } = plan.config;
  const known = OmgError.is(failure) ? failure : undefined;
  let message =
    known?.message ?? `Server '${id}' did not start: ${String((failure as Error)?.message ?? failure)}`;
  let detail = known?.detail;
  if (known?.reason === "upstream_closed") {
    message = `Server '${id}' ended before it was ready: ${exit ?? "it closed its output"}`;
    detail = "exit_early";
  }
  const words = lastWords.toString();
  if (words !== "" && !message.includes(words)) message += `\nIts last output: ${words}`;
  const reason = known && known.reason !== "upstream_closed" ? known.reason : "upstream_start_failed";
  const retryAfterMs = known?.retryAfterMs;
  return new OmgError(reason, {
    detail,
    phase: "start",
    server: id,
    retryAfterMs,
    message: plan.redact(message),
    cause: failure,
  });
}
