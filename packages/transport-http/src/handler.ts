import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { OmgError } from "@omg/core";
import type { FrontCounters } from "./context.ts";
import { createFront } from "./front.ts";
import type { FrontOptions } from "./front-options.ts";
import { createGuard } from "./guard.ts";
import { bracketed, hostnameOf, isLoopback } from "./host.ts";
import { sendFailure } from "./http-errors.ts";
import { enterMount, mountPath } from "./mount.ts";

/** What a front in a server of somebody else is made with. Limits of connections and heads of requests are that server's. */
export interface HandlerOptions extends FrontOptions {
  /**
   * The path at which the program hands requests over, for example `/gateway`. It is cut off, and clients are told
   * addresses that begin with it. Default: where Express says that it has mounted the handler, else the root.
   */
  readonly basePath?: string | undefined;
  /**
   * On whose behalf a request comes, for a program that authenticates by itself; `undefined` is answered with 401. Sessions
   * are found by whoever opened them only. In the place of `apiKey`. A throw is answered with 500 and told as `http-error`.
   */
  readonly principal?: ((incoming: IncomingMessage) => string | undefined) | undefined;
  /** Whether the management API and the questions of health are served beside MCP. Default: yes. */
  readonly management?: boolean | undefined;
}

/**
 * A gateway's answers, for a server of somebody else. Dispose: end all sessions, break off what is still answered, and
 * answer 503 from then on; the gateway and the server live on. Until then it keeps the process alive.
 */
export interface HttpHandler extends AsyncDisposable {
  /**
   * Answers a request, whatever its path: also with 404. Needs no `this` and never throws. The body must not have been read.
   */
  readonly handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Running totals since the start, and what is open now. */
  counters(): FrontCounters;
  /**
   * Reports `/readyz` as draining from now on; resolves when no request waits for its answer any more, and ends the sessions'
   * event streams then. The gateway's own `drain` is what refuses new calls.
   */
  drain(): Promise<void>;
}

/**
 * Serves a gateway within a server of `node:http` or a framework on it. Throws `config_invalid`, or `unsafe_bind` when
 * names beyond this machine are to be served to anybody. Without `apiKey` and `principal`, what does not come over a
 * loopback address is refused, unix sockets included; with them, names other than those of loopback must stand in `allowedHosts`.
 */
export function createHttpHandler(options: HandlerOptions): HttpHandler {
  checkNames(options);
  const basePath = mountPath(options.basePath);
  const guard = createGuard({ ...options, bound: undefined });
  const front = createFront(options, guard);
  const { counters, inFlight, limits, emit } = front.context;
  const open = new Set<ServerResponse>();
  let disposal: Promise<void> | undefined;

  async function dispose(): Promise<void> {
    await front.close();
    for (const outgoing of open) outgoing.destroy();
  }

  /** Knows of an answer until it is out, and leaves the socket as it was. */
  function watch(socket: Socket, outgoing: ServerResponse): void {
    const { timeout = 0 } = socket;
    open.add(outgoing);
    outgoing.once("close", () => {
      open.delete(outgoing);
      // A server without a keep-alive time sets none of its own.
      if (socket.timeout === limits.stallMs) socket.setTimeout(timeout);
    });
  }

  return {
    handle(incoming, outgoing) {
      // Its end was told before anybody here could hear it.
      if (outgoing.destroyed) return;
      try {
        if (disposal !== undefined) throw gone();
        watch(incoming.socket, outgoing);
        enterMount(incoming, basePath);
        front.handle(incoming, outgoing);
      } catch (error) {
        if (!OmgError.is(error)) emit({ type: "http-error", error });
        sendFailure(outgoing, error);
      }
    },
    counters() {
      const { streams, droppedFrames, refused } = counters;
      return { sessions: front.sessions, streams, waiting: inFlight.count, droppedFrames, refused };
    },
    drain: () => front.drain(),
    [Symbol.asyncDispose]() {
      disposal ??= dispose();
      return disposal;
    },
  };
}

/** Whoever serves others must be able to tell who they are. */
function checkNames({ allowedHosts = [], apiKey, principal }: HandlerOptions): void {
  if (apiKey !== undefined || principal !== undefined) return;
  const name = allowedHosts.find((host) => !isLoopback(hostnameOf(bracketed(host)) ?? host));
  if (name === undefined) return;
  const message = `allowedHosts: ${name} is a name beyond this machine: give apiKey or principal, too`;
  throw new OmgError("unsafe_bind", { message });
}

function gone(): OmgError {
  return new OmgError("draining", { message: "The gateway is no longer served here" });
}
