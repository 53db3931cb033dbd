import type { IncomingMessage, ServerResponse } from "node:http";
import { isSupportedVersion, OmgError, protocolVersions, type RequestId } from "@omg/core";
import { type Accepts, acceptsOf } from "./accept.ts";
import { emptyAnswerHeaders } from "./answer-headers.ts";
import type { HttpContext } from "./context.ts";
import { headerOf } from "./header.ts";
import { Refusal, sendRpcFailure } from "./http-errors.ts";

/** Which kinds of answer the client takes. Refuses (406) one that takes none of ours. */
export function checkAccept(incoming: IncomingMessage): Accepts {
  const accepts = acceptsOf(headerOf(incoming, "accept"));
  if (accepts.json || accepts.stream) return accepts;
  throw new Refusal(406, "Accept must include application/json or text/event-stream, or better both");
}

/** Refuses (406) a client that takes no event stream. */
export function checkAcceptsStream(incoming: IncomingMessage): void {
  if (acceptsOf(headerOf(incoming, "accept")).stream) return;
  throw new Refusal(406, "Accept must include text/event-stream");
}

/** Refuses (400) a revision that the gateway does not speak. */
export function checkVersion(incoming: IncomingMessage): void {
  const version = headerOf(incoming, "mcp-protocol-version");
  if (version !== undefined && !isSupportedVersion(version)) throw versionRefusal(version);
}

export function versionRefusal(version: string): Refusal {
  const supported = protocolVersions.join(", ");
  return new Refusal(400, `MCP-Protocol-Version '${version}' is not supported; supported: ${supported}`);
}

/** Answers what needs no answer. */
export function sendAccepted(outgoing: ServerResponse): void {
  outgoing.writeHead(202, emptyAnswerHeaders).end();
}

/** Makes what answers with a JSON-RPC error, and reports faults of our own. */
export function failing({ emit }: Pick<HttpContext, "emit">) {
  return (outgoing: ServerResponse, error: unknown, id?: RequestId): void => {
    if (!OmgError.is(error) && !(error instanceof Refusal)) emit({ type: "http-error", error });
    sendRpcFailure(outgoing, error, id);
  };
}

export function methodRefusal(method: string | undefined, allow: string): Refusal {
  return new Refusal(405, `Method ${method} is not allowed here`, { allow });
}

export function unknownSession(): Refusal {
  return new Refusal(404, "This session does not exist or has ended: send initialize again");
}

export function unknownServer(server: string): OmgError {
  return new OmgError("server_unknown", { message: `Server '${server}' not found`, server });
}
