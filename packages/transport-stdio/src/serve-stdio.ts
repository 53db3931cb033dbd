import type { Readable, Writable } from "node:stream";
import type { Gateway, Session } from "@omg/core";
import { answerTimeMs } from "./answer-time.ts";
import { BatchingTransport } from "./batching-transport.ts";

/** One client's streams, and what they lead to. */
export interface StdioOptions {
  /** What is served. It lives on when the client has gone. */
  readonly gateway: Gateway;
  /** Where the client's messages come from. */
  readonly input: Readable;
  /** Where answers go; nothing else may write there meanwhile. It is left open: a shell may share it. */
  readonly output: Writable;
  /** One server, transparently. Absent: all servers, aggregated. */
  readonly server?: string | undefined;
  /** Milliseconds that answers may take after the end of the input. Default 25 000. */
  readonly answerTimeMs?: number | undefined;
}

/** One client that is served over its streams. */
export interface StdioFront {
  /** Resolves when the client is gone: its input ended and its calls are answered or late, or its output broke. */
  readonly ended: Promise<void>;
  /** Ends the session at once: its calls are cancelled. */
  close(): Promise<void>;
}

/**
 * Serves one client over two streams (the MCP stdio transport). A client that never sends `initialize` is served all
 * the same. Rejects with `server_unknown` or `draining`.
 */
export async function serveStdio(options: StdioOptions): Promise<StdioFront> {
  const { gateway, input, output, server } = options;
  const inputEnded = Promise.withResolvers<void>();
  const transport = new BatchingTransport({
    input,
    output,
    keepOutput: true,
    onInputEnd: inputEnded.resolve,
  });
  const session = await gateway.connect(transport, { server });
  void inputEnded.promise.then(() => endWhenAnswered(session, options.answerTimeMs ?? answerTimeMs));
  return { ended: session.closed, close: () => session.close() };
}

async function endWhenAnswered(session: Session, withinMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, withinMs);
  await Promise.race([session.idle(), late.promise]);
  clearTimeout(timer);
  await session.close();
}
