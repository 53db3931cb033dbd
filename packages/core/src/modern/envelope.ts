import { isModernVersion, modernVersions } from "../era.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Cut, type Frame, withCuts } from "../runtime/frame.ts";
import { versionKey } from "../runtime/frame-head.ts";
import { scanMembers } from "../runtime/json-members.ts";
import type { Span } from "../runtime/json-scanner.ts";
import type { Params } from "../runtime/transport.ts";
import { isLevel, type LogLevel } from "../session/log-level.ts";

/** What every request of the modern era says of its sender (MCP 2026-07-28, basic: `_meta`). */
export interface Envelope {
  readonly version: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly clientInfo?: unknown;
  /** Which log messages the client wants for this request; none if absent. */
  readonly logLevel?: LogLevel | undefined;
}

const reserved = "io.modelcontextprotocol/";
const capabilitiesKey = `${reserved}clientCapabilities`;
const clientInfoKey = `${reserved}clientInfo`;
const logLevelKey = `${reserved}logLevel`;

/** Reads what a request says of its sender. Throws `bad_params` where it is incomplete, and `unsupported_version`. */
export function readEnvelope(frame: Frame): Envelope {
  const message = frame.value();
  const meta = ("params" in message && message.params?._meta) || {};
  const version = meta[versionKey];
  if (typeof version !== "string") throw incomplete(versionKey);
  if (!isModernVersion(version)) throw unsupportedVersion(version);
  const capabilities = meta[capabilitiesKey];
  if (!isObject(capabilities)) throw incomplete(capabilitiesKey);
  const level = meta[logLevelKey];
  if (level !== undefined && !isLevel(level)) throw incomplete(logLevelKey);
  return { version, capabilities, clientInfo: meta[clientInfoKey], logLevel: level };
}

/** The request as a server of the legacy era takes it; what else `_meta` holds stays. */
export function withoutEnvelope(frame: Frame): Frame {
  const params = objectAt(frame, frame.spans.payload);
  const meta = params?.members.get("_meta");
  const inner = objectAt(frame, meta);
  if (params === undefined || meta === undefined || inner === undefined) return frame;
  const kept = [...inner.members].filter(([key]) => !key.startsWith(reserved));
  if (kept.length === inner.members.size) return frame;
  const texts = kept.map(([key, span]) => `${JSON.stringify(key)}:${textOf(frame, span)}`);
  return withCuts(frame, [{ span: meta, text: `{${texts.join(",")}}` }]);
}

/** A request of the legacy era as a server of the modern one takes it. */
export function withEnvelope(frame: Frame, { version, capabilities, clientInfo, logLevel }: Envelope): Frame {
  const entries = {
    [versionKey]: version,
    [capabilitiesKey]: capabilities,
    ...(clientInfo === undefined ? {} : { [clientInfoKey]: clientInfo }),
    ...(logLevel === undefined ? {} : { [logLevelKey]: logLevel }),
  };
  return withMeta(frame, entries);
}

/** The message with members added to the `_meta` of its parameters or its result; it must not have them yet. */
export function withMeta(frame: Frame, entries: Readonly<Record<string, unknown>>): Frame {
  const { payload } = frame.spans;
  const meta = objectAt(frame, payload)?.members.get("_meta");
  if (meta === undefined) return withMembers(frame, { _meta: entries });
  if (objectAt(frame, meta)) return withCuts(frame, [insertion(frame, meta, entries)]);
  // It says nothing, for example `null`.
  return withCuts(frame, [{ span: meta, text: JSON.stringify(entries) }]);
}

/** The message with members added to its parameters or its result, which must not have them yet. */
export function withMembers(frame: Frame, members: Readonly<Record<string, unknown>>): Frame {
  const { payload } = frame.spans;
  if (payload !== undefined && objectAt(frame, payload)) {
    return withCuts(frame, [insertion(frame, payload, members)]);
  }
  if (payload !== undefined) return withCuts(frame, [{ span: payload, text: JSON.stringify(members) }]);
  const at = frame.bytes.indexOf("{") + 1;
  return withCuts(frame, [{ span: { start: at, end: at }, text: `"params":${JSON.stringify(members)},` }]);
}

/** A text that goes behind the opening brace of an object. */
function insertion(frame: Frame, object: Span, members: Readonly<Record<string, unknown>>): Cut {
  const at = object.start + 1;
  const isEmpty = objectAt(frame, object)?.members.size === 0;
  const text = JSON.stringify(members).slice(1, -1);
  return { span: { start: at, end: at }, text: isEmpty || text === "" ? text : `${text},` };
}

/** The members of an object of the frame, by where they stand in the frame's bytes. */
function objectAt(frame: Frame, span: Span | undefined): { members: Map<string, Span> } | undefined {
  if (span === undefined || frame.bytes[span.start] !== 0x7b) return undefined;
  const members = scanMembers(frame.bytes.subarray(span.start, span.end));
  for (const [key, { start, end }] of members) {
    members.set(key, { start: start + span.start, end: end + span.start });
  }
  return { members };
}

function textOf(frame: Frame, { start, end }: Span): string {
  return frame.bytes.toString("utf8", start, end);
}

function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function incomplete(key: string): OmgError {
  return new OmgError("bad_params", {
    message: `_meta["${key}"] is missing or not what revision 2026-07-28 asks for`,
  });
}

function unsupportedVersion(requested: string): OmgError {
  return new OmgError("unsupported_version", {
    message: `Revision ${JSON.stringify(requested)} is not supported without a session; supported: ${modernVersions.join(", ")}`,
    data: { supported: modernVersions, requested },
  });
}
