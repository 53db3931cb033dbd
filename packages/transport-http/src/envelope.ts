import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  errorFrame,
  type Frame,
  OmgError,
  parseFrame,
  type RequestId,
  rewriteFrame,
  scanMembers,
} from "@omg/core";
import { checkMedia, readBody } from "./body.ts";
import type { HttpContext } from "./context.ts";
import { failureOf, Refusal, sendJson, sendRefusal } from "./http-errors.ts";
import { sendAccepted, unknownServer } from "./requests.ts";

type Members = ReturnType<typeof scanMembers>;

/** Members that are written anew or not passed on. */
const OWN_MEMBERS = new Set(["server_id", "jsonrpc", "id"]);

/** The members of a JSON object that names its server in `server_id`; `undefined` for anything else. */
export function envelopeMembers(body: Buffer): Members | undefined {
  if (!body.includes("server_id")) return undefined;
  const members = isObject(body) ? scanMembers(body) : undefined;
  return members?.has("server_id") ? members : undefined;
}

/** `POST /mcp` with `server_id`: one call without a session. Never throws. */
export async function answerEnvelope(
  context: HttpContext,
  outgoing: ServerResponse,
  body: Buffer,
  members: Members,
): Promise<void> {
  await answering(context, outgoing, async () => {
    const server = memberOf(body, members, "server_id");
    if (typeof server !== "string" || server === "") throw new Refusal(400, '"server_id" must be a string');
    await forward(context, outgoing, server, body, members);
  });
}

/** `POST /rpc`: the same, with the server in the header `X-Server-ID`. Never throws. */
export async function answerRpc(
  context: HttpContext,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  await answering(context, outgoing, async () => {
    const server = incoming.headers["x-server-id"];
    if (typeof server !== "string" || server === "") throw new Refusal(400, "X-Server-ID header required");
    const id = context.gateway.server(server) ? server : fromUtf8(server);
    checkMedia(incoming, { form: true });
    const body = await readBody(incoming, context.limits.bodyBytes);
    if (!isObject(body))
      throw new OmgError("invalid_request", { message: "The body must be one JSON object" });
    await forward(context, outgoing, id, body, scanMembers(body));
  });
}

async function forward(
  context: HttpContext,
  outgoing: ServerResponse,
  server: string,
  body: Buffer,
  members: Members,
): Promise<void> {
  const { gateway } = context;
  const { frame, id } = requestOf(body, members);
  if (gateway.server(server) === undefined) throw unknownServer(server);
  if (frame.head.kind === "notification") {
    sendAccepted(outgoing);
    return;
  }
  // Without a session nobody could fetch the answer later: a caller that leaves has cancelled.
  const left = new AbortController();
  outgoing.once("close", () => left.abort());
  const answer = await gateway.request(server, frame, { signal: left.signal }).catch((thrown: unknown) => {
    // An error that says nothing about the transport is an answer.
    const { status, error } = failureOf(thrown);
    if (status !== 200 || frame.head.id === undefined) throw thrown;
    return errorFrame(frame.head.id, error);
  });
  sendJson(outgoing, 200, withId(answer, id));
}

/** The message to forward, its payload untouched, and the id the caller gave: a call without one is answered too. */
function requestOf(body: Buffer, members: Members): { frame: Frame; id: RequestId | null } {
  const method = memberOf(body, members, "method");
  if (typeof method !== "string" || method === "") throw new Refusal(400, '"method" must be a string');
  if (members.has("jsonrpc") && memberOf(body, members, "jsonrpc") !== "2.0") {
    throw new Refusal(400, '"jsonrpc" must be "2.0"');
  }
  const id = (memberOf(body, members, "id") ?? null) as RequestId | null;
  const parts: Buffer[] = [Buffer.from('{"jsonrpc":"2.0"')];
  if (!method.startsWith("notifications/"))
    parts.push(Buffer.from(`,"id":${JSON.stringify(id ?? randomUUID())}`));
  for (const [key, span] of members) {
    const value = body.subarray(span.start, span.end);
    if (OWN_MEMBERS.has(key) || (key === "params" && value.length === 4 && value.toString() === "null"))
      continue;
    if (key === "params" && !isObject(value)) throw new Refusal(400, '"params" must be an object');
    parts.push(Buffer.from(`,${JSON.stringify(key)}:`), value);
  }
  parts.push(Buffer.from("}"));
  return { frame: parseFrame(Buffer.concat(parts)), id };
}

const NULL = Buffer.from("null");

/** The answer under the caller's id, which may be null. */
function withId(answer: Frame, id: RequestId | null): Buffer {
  if (id !== null) return rewriteFrame(answer, { id }).bytes;
  const { bytes, spans } = answer;
  if (spans.id === undefined) return bytes;
  return Buffer.concat([bytes.subarray(0, spans.id.start), NULL, bytes.subarray(spans.id.end)]);
}

/** Turns what fails into `{error, message, reason}`. */
async function answering(
  context: HttpContext,
  outgoing: ServerResponse,
  work: () => Promise<void>,
): Promise<void> {
  context.inFlight.enter();
  try {
    await work();
  } catch (thrown) {
    const { status, headers, error } = failureOf(thrown);
    if (error.reason === "internal") context.emit({ type: "http-error", error: thrown });
    const message =
      error.reason === "server_unknown" && error.server !== undefined
        ? unknownServer(error.server).message
        : error.message;
    sendRefusal(outgoing, status, message, headers, error.reason);
  } finally {
    context.inFlight.leave();
  }
}

/** Node reads headers as Latin-1; clients mostly send UTF-8. */
function fromUtf8(header: string): string {
  return Buffer.from(header, "latin1").toString("utf8");
}

function memberOf(body: Buffer, members: Members, key: string): unknown {
  const span = members.get(key);
  return span && (JSON.parse(body.toString("utf8", span.start, span.end)) as unknown);
}

function isObject(json: Buffer): boolean {
  return /^\s*\{/.test(json.toString("latin1", 0, Math.min(json.length, 64)));
}
