import type { Readable, Writable } from "node:stream";
import { errorFrame, type Frame, OmgError, type RequestId } from "@omg/core";
import { answerTimeMs } from "./answer-time.ts";
import { BatchingTransport } from "./batching-transport.ts";
import { GatewayRequests } from "./gateway-requests.ts";
import { HttpConversation } from "./http-conversation.ts";
import { listens, ModernRequests } from "./modern-requests.ts";
import { failureFrame, inFlight } from "./refusals.ts";

/** One client's streams, and the gateway that they lead to. */
export interface BridgeOptions {
  /** The MCP endpoint of a running gateway, for example `http://localhost:4444/mcp`. */
  readonly url: string;
  /** The gateway's API key. */
  readonly apiKey?: string | undefined;
  /** What the client says, one message a line. Its end is the client's. */
  readonly input: Readable;
  /** What the client is told. Nothing else may write there; it is left open. */
  readonly output: Writable;
  /** Milliseconds that answers may take after the end of the input. Default 25 000. */
  readonly answerTimeMs?: number | undefined;
  /** Ends the bridge at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Carries one client's stdio to a running gateway over streamable HTTP. Messages pass as they are; a session that the
 * gateway no longer knows is opened anew. Requests of the modern era go without one, each by itself. Resolves when the
 * client is gone and its requests are answered.
 */
export async function bridgeStdio(options: BridgeOptions): Promise<void> {
  const { input, output, url, apiKey, signal } = options;
  const gone = Promise.withResolvers<void>();
  const open = new Set<Promise<void>>();
  /** Requests that the client waits for. */
  const owed = new Map<RequestId, Frame>();
  let timer: NodeJS.Timeout | undefined;
  const transport = new BatchingTransport({
    input,
    output,
    keepOutput: true,
    onInputEnd: () => {
      stopListening();
      timer = setTimeout(gone.resolve, options.answerTimeMs ?? answerTimeMs);
      void Promise.allSettled(open).then(() => gone.resolve());
    },
  });
  const tell = (frame: Frame) => void transport.sendFrame(frame).catch(() => gone.resolve());
  const gateway = new GatewayRequests(url, apiKey);
  const conversation = new HttpConversation(gateway, tell);
  const modern = new ModernRequests(gateway, tell);
  // Nobody would hear any more what these stay open for.
  const stopListening = () => {
    for (const [id, request] of owed) if (listens(request) && owed.delete(id)) modern.cancel(id);
  };
  transport.onframe = (frame) => {
    const { id, kind, method, requestId, version } = frame.head;
    // The gateway ends a cancelled request without an answer; the client wants none either.
    if (method === "notifications/cancelled" && requestId !== undefined) {
      owed.delete(requestId);
      if (modern.cancel(requestId)) return;
    }
    // What a client says without a session is in its requests; a notification would open one.
    if (kind === "notification" && (version !== undefined || (modern.used && !conversation.begun))) return;
    if (kind === "request" && id !== undefined) {
      if (owed.has(id)) return tell(errorFrame(id, inFlight(id)));
      owed.set(id, frame);
    }
    // After a cancellation the id may be that of another request.
    const isOwed = () => id !== undefined && owed.get(id) === frame;
    const isModern = kind === "request" && id !== undefined && version !== undefined;
    const sent = isModern ? modern.send(frame, id) : conversation.send(frame);
    const sending = sent.catch((error) => {
      if (id !== undefined && isOwed()) tell(failureFrame(id, error));
    });
    open.add(sending);
    void sending.then(() => {
      open.delete(sending);
      if (id !== undefined && isOwed()) owed.delete(id);
    });
  };
  transport.onerror = (error) => {
    // Only what a message did is the client's to know; the end of the streams it sees for itself.
    if (!OmgError.is(error)) return;
    if (error.reason === "parse_error" || error.reason === "invalid_request") {
      tell(errorFrame(error.requestId, error));
    }
  };
  transport.onclose = () => gone.resolve();
  signal?.addEventListener("abort", () => gone.resolve(), { once: true });
  if (signal?.aborted) gone.resolve();
  await transport.start();
  await gone.promise;
  clearTimeout(timer);
  modern.close();
  await conversation.close();
  await Promise.allSettled(open);
  await transport.close();
}
