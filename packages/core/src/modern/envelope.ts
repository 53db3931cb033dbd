import { isModernVersion, modernVersions } from "../era.ts";
import { isObject } from "../is-object.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Cut, type Frame, parseFrame, withCuts } from "../runtime/frame.ts";
import { scanMembers } from "../runtime/json-members.ts";
import type { Span } from "../runtime/json-scanner.ts";
import { versionKey } from "../runtime/params-reader.ts";
import { isLevel, type LogLevel } from "../session/log-level.ts";

/** What every request of the modern era says of its sender (MCP 2026-07-28, basic: `_meta`). */
export interface Envelope {
  /** The revision that the request is written in. */
  readonly version: string;
  /** What the client can do, as it says. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The client's name and version, as it says; not checked. */
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

/** The message with these members in the `_meta` of its parameters or its result, in the place of any that it has. */
export function withMeta(frame: Frame, entries: Readonly<Record<string, unknown>>): Frame {
  const { payload } = frame.spans;
  const meta = objectAt(frame, payload)?.members.get("_meta");
  if (meta === undefined) return withMembers(frame, { _meta: entries });
  if (objectAt(frame, meta)) return withCuts(frame, settings(frame, meta, entries));
  // It says nothing, for example `null`.
  return withCuts(frame, [{ span: meta, text: JSON.stringify(entries) }]);
}

/** The message with these members in its parameters or its result, in the place of any that it has. */
export function withMembers(frame: Frame, members: Readonly<Record<string, unknown>>): Frame {
  const { payload } = frame.spans;
  if (payload !== undefined && objectAt(frame, payload)) {
    return withCuts(frame, settings(frame, payload, members));
  }
  if (payload !== undefined) return withCuts(frame, [{ span: payload, text: JSON.stringify(members) }]);
  const at = frame.bytes.indexOf("{") + 1;
  return withCuts(frame, [{ span: { start: at, end: at }, text: `"params":${JSON.stringify(members)},` }]);
}

/** The request without some members of its parameters. */
export function withoutMembers(frame: Frame, ...keys: readonly string[]): Frame {
  const { payload } = frame.spans;
  const members = objectAt(frame, payload)?.members;
  if (payload === undefined || !members || !keys.some((key) => members.has(key))) return frame;
  const kept = [...members].filter(([key]) => !keys.includes(key));
  const texts = kept.map(([key, span]) => `${JSON.stringify(key)}:${textOf(frame, span)}`);
  return parseFrame(withCuts(frame, [{ span: payload, text: `{${texts.join(",")}}` }]).bytes);
}

/** What sets members of an object: a new value where there is an old one, the others behind the opening brace. */
function settings(frame: Frame, object: Span, members: Readonly<Record<string, unknown>>): Cut[] {
  const known = objectAt(frame, object)?.members;
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  const cuts: Cut[] = [];
  const added: string[] = [];
  for (const [key, value] of given) {
    const span = known?.get(key);
    const text = JSON.stringify(value);
    if (span) cuts.push({ span, text });
    else added.push(`${JSON.stringify(key)}:${text}`);
  }
  const at = object.start + 1;
  const rest = known?.size ? "," : "";
  if (added.length > 0) cuts.push({ span: { start: at, end: at }, text: `${added.join(",")}${rest}` });
  return cuts;
}

/** The members of an object of the frame, by where they stand in the frame's bytes. */
export function objectAt(frame: Frame, span: Span | undefined): { members: Map<string, Span> } | undefined {
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

function incomplete(key: string): OmgError {
  return new OmgError("bad_params", {
    message: `_meta["${key}"] is missing or not what revision 2026-07-28 asks for`,
  });
}

/** What to answer a request in a revision that needs no session and that the gateway does not speak. */
export function unsupportedVersion(requested: string): OmgError {
  return new OmgError("unsupported_version", {
    message: `Revision ${JSON.stringify(requested)} is not supported without a session; supported: ${modernVersions.join(", ")}`,
    data: { supported: modernVersions, requested },
  });
}
