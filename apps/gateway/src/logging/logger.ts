import type { Writable } from "node:stream";
import { styleText } from "node:util";
import { type LogLevel, logLevels } from "./levels.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Logger = (level: LogLevel, message: string, fields?: LogFields) => void;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly output: Writable;
  /** For people at a terminal; NDJSON otherwise. */
  readonly pretty: boolean;
  /** Hides secrets in a text. */
  readonly redact: (text: string) => string;
}

const colours = { trace: "gray", debug: "gray", info: "green", warn: "yellow", error: "red" } as const;

/** Writes one line an entry: control characters are escaped, so no text can forge a line or drive a terminal. */
export function createLogger(options: LoggerOptions): Logger {
  const least = logLevels.indexOf(options.level);
  const format = options.pretty ? prettyLine : jsonLine;
  const hide = (value: LogFields[string]) => (typeof value === "string" ? options.redact(value) : value);
  return (level, message, fields = {}) => {
    if (logLevels.indexOf(level) < least) return;
    // Before the line is put together: a secret that is an ordinary word must not break the line's own words.
    const hidden = Object.entries(fields).map(([key, value]) => [key, hide(value)] as const);
    const line = format(level, options.redact(message), Object.fromEntries(hidden));
    options.output.write(`${line}\n`);
  };
}

function jsonLine(level: LogLevel, message: string, fields: LogFields): string {
  return printable(JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...fields }));
}

function prettyLine(level: LogLevel, message: string, fields: LogFields): string {
  const time = styleText("gray", new Date().toISOString().slice(11, 23));
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => styleText("gray", `${key}=${printable(String(value))}`));
  return [time, styleText(colours[level], level.padEnd(5)), printable(message), ...details].join(" ");
}

/** What drives a terminal, turns the direction of text, ends a line for some readers, or is a letter that nobody sees. */
const unprintable = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}]/gu;

/** A text with such characters as escapes. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => character.split("").map(escaped).join(""));
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The same for text of many lines: ends of lines and tabs drive no terminal, and stay. */
export function printableLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/[^\n\t]+/g, printable);
}
