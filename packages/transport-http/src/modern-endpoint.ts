import type { IncomingMessage, ServerResponse } from "node:http";
import {
  errorFrame,
  type Frame,
  isBatch,
  isModernVersion,
  OmgError,
  parseFrame,
  type RequestId,
  readEnvelope,
  unsupportedVersion,
} from "@omg/core";
import type { Accepts } from "./accept.ts";
import { checkMedia, takeBody } from "./body.ts";
import type { HttpContext } from "./context.ts";
import { headerOf } from "./header.ts";
import { Refusal, sendJson } from "./http-errors.ts";
import { ModernExchange } from "./modern-exchange.ts";
import { checkRoutingHeaders, checkVersionHeader, mirrorHeaders } from "./modern-headers.ts";
import { namesModernEra } from "./modern-version.ts";
import { principalOf } from "./principal.ts";
import { checkAccept, failing, sendAccepted, unknownServer, versionRefusal } from "./requests.ts";

/** One POST, on Node's own objects. `server` is `undefined` on the aggregate. */
export interface ModernPost {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly server: string | undefined;
}

/** MCP's streamable HTTP of 2026-07-28: each POST stands for itself, there are no sessions. Nothing here throws. */
export class ModernEndpoint {
  readonly #context: HttpContext;
  readonly #fail: ReturnType<typeof failing>;

  constructor(context: HttpContext) {
    this.#context = context;
    this.#fail = failing(context);
  }

  /** Answers a POST whose header says no revision of the legacy era. */
  read(post: ModernPost): void {
    const { incoming, outgoing } = post;
    const failed = (error: unknown) => this.#fail(outgoing, error);
    try {
      const accepts = checkAccept(incoming);
      checkMedia(incoming);
      takeBody(incoming, this.#context.limits.bodyBytes, (body) => this.receive(post, body, accepts), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The same, with its body. */
  receive(post: ModernPost, body: Buffer, accepts: Accepts): void {
    const version = headerOf(post.incoming, "mcp-protocol-version") ?? "";
    try {
      const modern = namesModernEra(version);
      if (isBatch(body)) throw modern ? notOne() : versionRefusal(version);
      const frame = parseFrame(body);
      if (!modern && frame.head.version === undefined) throw versionRefusal(version);
      this.answer(post, frame, accepts);
    } catch (error) {
      this.#fail(post.outgoing, error);
    }
  }

  /** Answers a message of the modern era. */
  answer(post: ModernPost, frame: Frame, accepts: Accepts): void {
    const { incoming, outgoing, server } = post;
    const { kind, id } = frame.head;
    try {
      if (kind === "notification") {
        // The era has none for us: over HTTP, closing the connection is how a client cancels.
        sendAccepted(outgoing);
        return;
      }
      if (kind !== "request") throw notOne();
      const headers = mirrorHeaders(incoming);
      checkVersionHeader(headers, frame);
      if (frame.head.version === undefined && namesNoRevision(headers.version)) {
        throw unsupportedVersion(headers.version);
      }
      readEnvelope(frame);
      checkRoutingHeaders(headers, frame);
      if (server !== undefined && this.#context.gateway.server(server) === undefined)
        throw unknownServer(server);
      // It may have left while its body came in.
      if (outgoing.destroyed) return;
      const listens = frame.head.method === "subscriptions/listen";
      const exchange = new ModernExchange(outgoing, { context: this.#context, accepts, listens });
      void this.#run(exchange, frame, { ...post, params: headers.params });
    } catch (error) {
      this.#refuse(outgoing, error, id);
    }
  }

  async #run(
    exchange: ModernExchange,
    frame: Frame,
    { incoming, outgoing, server, params }: ModernPost & { params: Readonly<Record<string, string>> },
  ): Promise<void> {
    try {
      const answer = await this.#context.gateway.exchange(frame, {
        server,
        principal: principalOf(incoming),
        signal: exchange.signal,
        tell: (said) => exchange.tell(said),
        headers: params,
      });
      exchange.answer(answer);
    } catch (error) {
      exchange.abandon();
      this.#fail(outgoing, error, frame.head.id);
    }
  }

  #refuse(outgoing: ServerResponse, error: unknown, id: RequestId | undefined): void {
    // What a request must say of its sender is missing: to HTTP, unlike other parameters, that is a bad request.
    if (OmgError.is(error) && error.reason === "bad_params") {
      sendJson(outgoing, 400, errorFrame(id, error).bytes);
    } else this.#fail(outgoing, error, id);
  }
}

function namesNoRevision(version: string | undefined): version is string {
  return version !== undefined && namesModernEra(version) && !isModernVersion(version);
}

function notOne(): Refusal {
  return new Refusal(400, "A POST carries one request or notification in revision 2026-07-28");
}
