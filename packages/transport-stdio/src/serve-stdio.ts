import type { Readable, Writable } from "node:stream";
import { type Gateway, lineTransport, type Session } from "@omg/core";

export interface StdioOptions {
  readonly gateway: Gateway;
  /** Where the client's messages come from. */
  readonly input: Readable;
  /** Where answers go; nothing else may write there. */
  readonly output: Writable;
  /** One server, transparently. Absent: all servers, aggregated. */
  readonly server?: string | undefined;
}

export interface StdioFront {
  /** Resolves when the client is gone: its input ended and its calls are answered, or its output broke. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves one client over two streams (the MCP stdio transport). A client that never sends `initialize` is served all
 * the same. Rejects with `server_unknown` or `draining`.
 */
export async function serveStdio(options: StdioOptions): Promise<StdioFront> {
  const { gateway, input, output, server } = options;
  let session: Session | undefined;
  let inputEnded = false;
  const endWhenAnswered = () => {
    inputEnded = true;
    void session?.idle().then(() => session?.close());
  };
  const transport = lineTransport({ input, output, onInputEnd: endWhenAnswered });
  session = await gateway.connect(transport, { server });
  if (inputEnded) endWhenAnswered();
  const { closed } = session;
  const close = () => (session as Session).close();
  return { ended: closed, close };
}
