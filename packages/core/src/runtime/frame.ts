import { collectYoung } from "./collect-young.ts";
import { OmgError } from "./errors.ts";
import { salvageId, scanHead } from "./frame-head.ts";
import type { Span } from "./json-scanner.ts";
import { bytesIn, cutOut, holdText, joined } from "./pieces.ts";
import { isReadIn, LONG_BYTES } from "./scan-memory.ts";
import type { JsonRpcMessage, Params } from "./transport.ts";

/** What names a request to its sender. Two sides may use the same. */
export type RequestId = string | number;

/** The four kinds of message that JSON-RPC has. */
export type FrameKind = "request" | "notification" | "result" | "error";

/** The fields of a message that routing looks at. */
export interface FrameHead {
  /** What kind of message it is; `result` and `error` are answers. */
  readonly kind: FrameKind;
  /** The id of a request or an answer, as its sender wrote it. */
  readonly id?: RequestId | undefined;
  /** The method of a request or a notification. */
  readonly method?: string | undefined;
  /** `params.name`, or `params.ref.name` of a completion. */
  readonly name?: string | undefined;
  /** `params.uri`, or `params.ref.uri` of a completion. */
  readonly uri?: string | undefined;
  /** `params.cursor` */
  readonly cursor?: string | undefined;
  /** `params._meta.progressToken` of a request, `params.progressToken` of a progress notification. */
  readonly token?: RequestId | undefined;
  /** `params.requestId` of a cancellation. */
  readonly requestId?: RequestId | undefined;
  /** `params.taskId` */
  readonly taskId?: string | undefined;
  /** Whether the request is to be run as a task (`params.task`). */
  readonly task?: boolean | undefined;
  /** `params._meta["io.modelcontextprotocol/protocolVersion"]` of a request: it is of the modern era. */
  readonly version?: string | undefined;
  /** `params.requestState`: the request goes on where an earlier one needed input. */
  readonly requestState?: string | undefined;
}

/** A field of the head that can be written anew. */
export type EditableField = "id" | "name" | "uri" | "token" | "requestId" | "taskId";

/** One JSON-RPC message, as bytes that can be read. Immutable. */
export interface Frame {
  /** The message as UTF-8 JSON. */
  readonly bytes: Buffer;
  /** The same bytes, in the pieces they are kept in: writing these spares a large message a copy. */
  readonly pieces: readonly Buffer[];
  /**
   * The same bytes once more, one character each (Latin-1), if the message is small. Rewriting and writing this makes no
   * buffers, which cost a small call a third of its time.
   */
  readonly text?: string | undefined;
  /** What was read of the message when it came; reading it costs nothing. */
  readonly head: FrameHead;
  /** Where the editable fields and the payload (`params`, `result` or `error`) stand in `bytes`. */
  readonly spans: FrameSpans;
  /** The parsed message. Parsed at the first call only; treat it as read-only. */
  value(): JsonRpcMessage;
}

export type FrameSpans = Readonly<Partial<Record<EditableField | "payload", Span | undefined>>>;

/**
 * Reads a message, in one piece or several. Throws an `OmgError`: `parse_error` for text that is no JSON, `invalid_request`
 * for JSON that is no single JSON-RPC 2.0 message, is nested too deep, or has an odd id or error, or a key twice.
 */
export function parseFrame(...pieces: readonly Buffer[]): Frame {
  const length = bytesIn(pieces);
  if (length >= LONG_BYTES) collectYoung(length);
  // What is scanned where it is has to be joined for that.
  const kept = isReadIn(length) ? pieces : [joined(pieces)];
  try {
    const { head, spans, text } = scanHead(kept);
    return new BytesFrame(kept, head, { spans, text });
  } catch (error) {
    if (!OmgError.is(error)) throw error;
    throw new OmgError(error.reason, { message: error.message, requestId: salvageId(joined(kept)) });
  }
}

/** Whether these words, in plain letters, stand anywhere in a message: reading one costs far more. */
export function mentions(frame: Frame, words: string): boolean {
  return frame.text?.includes(words) ?? holdText(frame.pieces, words);
}

/** Makes a frame of a message. */
export function frameOf(message: JsonRpcMessage): Frame {
  return parseFrame(Buffer.from(JSON.stringify(message)));
}

/** Makes a request. Its id need only be unique for its sender: the gateway uses ids of its own towards servers. */
export function requestFrame(id: RequestId, method: string, params?: Params): Frame {
  return frameOf({ jsonrpc: "2.0", id, method, params });
}

/** Makes a notification, which gets no answer. */
export function notificationFrame(method: string, params?: Params): Frame {
  return frameOf({ jsonrpc: "2.0", method, params });
}

/** `result` is JSON text that is known to be valid, in one piece or several. */
export function resultFrame(id: RequestId, ...result: readonly (Buffer | string)[]): Frame {
  const pieces = [`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`, ...result, "}"];
  const bytes = pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
  return new BytesFrame(bytes, { kind: "result", id });
}

type HeadEdits = Readonly<Partial<Record<EditableField, RequestId | undefined>>>;

/** The same message with some fields of the head replaced; all other bytes stay as they are. */
export function rewriteFrame(frame: Frame, edits: HeadEdits): Frame {
  const { head } = frame;
  // Where the fields stand may have to be found out first, which takes a large message long.
  if (!differs(head, edits)) return frame;
  const { spans } = frame;
  const cuts: Cut[] = [];
  // One by one: a loop over their names would take a small call 2 µs more.
  const edited = {
    ...head,
    id: edit(cuts, spans.id, head.id, edits.id),
    name: edit(cuts, spans.name, head.name, edits.name),
    uri: edit(cuts, spans.uri, head.uri, edits.uri),
    token: edit(cuts, spans.token, head.token, edits.token),
    requestId: edit(cuts, spans.requestId, head.requestId, edits.requestId),
    taskId: edit(cuts, spans.taskId, head.taskId, edits.taskId),
  };
  return withCuts(frame, cuts, edited);
}

function differs(head: FrameHead, { id, name, uri, token, requestId, taskId }: HeadEdits): boolean {
  return (
    (id !== undefined && id !== head.id) ||
    (name !== undefined && name !== head.name) ||
    (uri !== undefined && uri !== head.uri) ||
    (token !== undefined && token !== head.token) ||
    (requestId !== undefined && requestId !== head.requestId) ||
    (taskId !== undefined && taskId !== head.taskId)
  );
}

/** The value that a field has from now on: a new one only if it differs and there is a place for it. */
function edit<Id extends RequestId>(
  cuts: Cut[],
  span: Span | undefined,
  value: Id | undefined,
  edited: RequestId | undefined,
): Id | undefined {
  if (edited === undefined || edited === value || span === undefined) return value;
  cuts.push({ span, text: typeof edited === "number" ? `${edited}` : JSON.stringify(edited) });
  return edited as Id;
}

/** The same message with some values replaced by other JSON, and the head that goes with it. */
export function withCuts(frame: Frame, cuts: Cut[], head = frame.head): Frame {
  if (cuts.length === 0) return frame;
  if (!isInOrder(cuts)) cuts.sort((a, b) => a.span.start - b.span.start);
  if (frame.text === undefined) return new BytesFrame(splicedPieces(frame.pieces, cuts), head);
  return new BytesFrame(undefined, head, { text: splicedText(frame.text, cuts) });
}

/** JSON that takes the place of a value. */
export interface Cut {
  readonly span: Span;
  readonly text: string;
}

function isInOrder(cuts: readonly Cut[]): boolean {
  return cuts.every(({ span }, index) => index === 0 || span.start > (cuts[index - 1] as Cut).span.start);
}

function splicedText(whole: string, cuts: readonly Cut[]): string {
  let result = "";
  let from = 0;
  for (const { span, text } of cuts) {
    result += whole.slice(from, span.start) + (isAscii(text) ? text : Buffer.from(text).toString("latin1"));
    from = span.end;
  }
  return result + whole.slice(from);
}

function splicedPieces(pieces: readonly Buffer[], cuts: readonly Cut[]): Buffer[] {
  const spliced: Buffer[] = [];
  let from = 0;
  for (const { span, text } of cuts) {
    spliced.push(...cutOut(pieces, from, span.start), Buffer.from(text));
    from = span.end;
  }
  spliced.push(...cutOut(pieces, from, Number.POSITIVE_INFINITY));
  return spliced;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** A frame's bytes without line breaks, which it may hold only as white space between tokens: the scan saw to that. */
export function oneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes;
  return Buffer.from(bytes).map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)) as Buffer;
}

/** The same for a frame's text. */
export function oneLineText(text: string): string {
  return text.includes("\n") || text.includes("\r") ? text.replaceAll(/[\n\r]/g, " ") : text;
}

class BytesFrame implements Frame {
  readonly head: FrameHead;
  readonly text: string | undefined;
  /** Undefined while nobody needs more than the text. */
  #pieces: readonly Buffer[] | undefined;
  #spans: FrameSpans | undefined;
  #value: JsonRpcMessage | undefined;

  constructor(
    pieces: readonly Buffer[] | undefined,
    head: FrameHead,
    { spans, text }: { spans?: FrameSpans; text?: string | undefined } = {},
  ) {
    this.#pieces = pieces;
    this.head = head;
    this.#spans = spans;
    this.text = text;
  }

  get pieces(): readonly Buffer[] {
    this.#pieces ??= [Buffer.from(this.text ?? "", "latin1")];
    return this.#pieces;
  }

  get bytes(): Buffer {
    const { pieces } = this;
    if (pieces.length > 1) this.#pieces = [joined(pieces)];
    return this.pieces[0] as Buffer;
  }

  get spans(): FrameSpans {
    this.#spans ??= scanHead(this.pieces).spans;
    return this.#spans;
  }

  value(): JsonRpcMessage {
    this.#value ??= JSON.parse(this.bytes.toString()) as JsonRpcMessage;
    return this.#value;
  }
}
