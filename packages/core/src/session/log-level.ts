import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";

/** Severities of log messages (RFC 5424, as MCP names them), least first. */
const levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

export type LogLevel = (typeof levels)[number];

/** What a client gets that chose no level, once another client has chosen one for the server that both share. */
export const usualLevel: LogLevel = "info";

/** The level that a `logging/setLevel` asks for. Throws `bad_params`. */
export function askedLevel(frame: Frame): LogLevel {
  const level = levelIn(frame);
  if (isLevel(level)) return level;
  throw new OmgError("bad_params", { message: `The parameter level must be one of ${levels.join(", ")}` });
}

/** Whether a log message is for somebody who wants nothing below `least`. One without a known level is for everybody. */
export function reaches(message: Frame, least: LogLevel | undefined): boolean {
  if (least === undefined) return true;
  const level = levelIn(message);
  return !isLevel(level) || levels.indexOf(level) >= levels.indexOf(least);
}

/** The level at which everybody gets what they want. */
export function lowest(wanted: readonly LogLevel[]): LogLevel | undefined {
  return levels.find((level) => wanted.includes(level));
}

function levelIn(frame: Frame): unknown {
  const message = frame.value();
  return "method" in message ? message.params?.level : undefined;
}

export function isLevel(value: unknown): value is LogLevel {
  return (levels as readonly unknown[]).includes(value);
}
