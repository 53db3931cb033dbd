import type { Readable, Writable } from "node:stream";
import { errorFrame, type Frame, lineTransport, OmgError } from "@omg/core";
import { HttpConversation } from "./http-conversation.ts";

export interface BridgeOptions {
  /** The MCP endpoint of a running gateway, for example `http://localhost:4444/mcp`. */
  readonly url: string;
  /** The gateway's API key. */
  readonly apiKey?: string | undefined;
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * Carries one client's stdio to a running gateway over streamable HTTP. Messages pass as they are; a session that the
 * gateway no longer knows is opened anew. Resolves when the client is gone and its requests are answered.
 */
export async function bridgeStdio(options: BridgeOptions): Promise<void> {
  const { input, output, url, apiKey } = options;
  const gone = Promise.withResolvers<void>();
  const open = new Set<Promise<void>>();
  const transport = lineTransport({
    input,
    output,
    onInputEnd: () => void Promise.allSettled(open).then(() => gone.resolve()),
  });
  const tell = (frame: Frame) => void transport.sendFrame?.(frame).catch(() => gone.resolve());
  const conversation = new HttpConversation(url, apiKey, tell);
  transport.onframe = (frame) => {
    const sending = conversation.send(frame).catch((error) => {
      if (frame.head.kind === "request") tell(errorFrame(frame.head.id, error));
    });
    open.add(sending);
    void sending.then(() => open.delete(sending));
  };
  transport.onerror = (error) => {
    if (OmgError.is(error)) tell(errorFrame(undefined, error));
  };
  transport.onclose = () => gone.resolve();
  await transport.start();
  await gone.promise;
  await conversation.close();
  await transport.close();
}
