import { createGateway } from "@omg/core";
import localRuntime from "@omg/runtime-local";

const runtime = { type: "local-process", command: "node_modules/.bin/mcp-server-everything" };

/** How often each server was called, by its id. */
export const calls = {};

export const gateway = await createGateway({
  config: { servers: [{ id: "everything", runtime }] },
  runtimes: [localRuntime()],
  hostEnv: process.env,
  onEvent(event) {
    if (event.type !== "call-end") return;
    const { server, method, durationMs, error } = event;
    calls[server] = (calls[server] ?? 0) + 1;
    console.log(`${server} ${method}: ${error?.message ?? "ok"}, ${Math.round(durationMs)} ms`);
  },
});

/** Ends everything once this program is told to stop: calls in flight first, then what runs, then the server. */
export function endOnSignal(front, server) {
  const end = async () => {
    server.close();
    void front.drain();
    await gateway.drain();
    await front[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    server.closeAllConnections();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
}
