import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Calls `onUnread` when the client has taken nothing of what waits for it for the time that its socket is given.
 * Who watches last hears first. An answer that is not there yet may take longer.
 */
export function watchUnread(outgoing: ServerResponse, onUnread: () => void): void {
  outgoing.prependListener("timeout", (socket: Socket) => whenUnread(socket, onUnread));
}

/** Ends the answer then. One function for all: nearly every request is watched in this way. */
export function endUnread(outgoing: ServerResponse): void {
  outgoing.prependListener("timeout", endIfUnread);
}

function endIfUnread(this: ServerResponse, socket: Socket): void {
  whenUnread(socket, () => this.destroy());
}

function whenUnread(socket: Socket, onUnread: () => void): void {
  const unread = socket.writableLength;
  if (unread === 0) return;
  // A process that was stopped for a while has yet to hear what was taken meanwhile.
  setImmediate(() => {
    if (!socket.destroyed && socket.writableLength >= unread) onUnread();
  });
}
