import type WebSocket from "ws";

/** Balancers before an API server cut what is quiet, some after a minute. */
const everyMs = 30_000;
/** An API server answers no ping while a server does not read what it was sent, because it is busy. */
const maxUnanswered = 4;

/** Keeps a quiet connection from being cut, and ends it when its other end has gone without a word. */
export function keepAlive(socket: WebSocket): void {
  let unanswered = 0;
  const hear = () => {
    unanswered = 0;
  };
  socket.on("message", hear);
  socket.on("pong", hear);
  const timer = setInterval(() => {
    // While nobody reads, nothing is heard.
    if (socket.isPaused) hear();
    if (unanswered === maxUnanswered) return socket.terminate();
    unanswered++;
    socket.ping();
  }, everyMs).unref();
  socket.once("close", () => clearInterval(timer));
}
