import type { PooledServer } from "../pool/server.ts";
import type { RunningInstance } from "../pool/start-instance.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame } from "../runtime/frame.ts";
import type { Call } from "../session/call.ts";

interface Subscription {
  readonly sessions: Set<string>;
  /** The first subscriber's request, for those who come meanwhile. */
  opening: Promise<Frame> | undefined;
}

/** The subscriptions on one instance of a server, which outlive the instance. */
interface Subscribed {
  readonly id: string;
  /** The session whose instance it is; empty for a shared one. */
  readonly owner: string;
  server: PooledServer;
  readonly byUri: Map<string, Subscription>;
  release: () => void;
}

/** Of one session. */
const maxSubscriptions = 1000;

/**
 * Who wants to hear of which resource. A server gets one subscription however many sessions want it, keeps it over a
 * restart or a change of its entry, and stays awake meanwhile.
 */
export class Subscriptions {
  readonly #onFailed: (server: string, error: unknown) => void;
  readonly #subscribed = new Map<string, Subscribed>();
  readonly #counts = new Map<string, number>();

  /** `onFailed` hears when a subscription could not be made again. */
  constructor(onFailed: (server: string, error: unknown) => void) {
    this.#onFailed = onFailed;
  }

  /** `uri`: as the server calls it. Resolves with the server's answer, which may be an error. */
  async subscribe(server: PooledServer, call: Call, uri: string): Promise<Frame> {
    const { session } = call;
    if ((this.#counts.get(session) ?? 0) >= maxSubscriptions) throw tooManyError(server.id);
    const subscribed = this.#of(server, session);
    let subscription = subscribed.byUri.get(uri);
    if (subscription?.sessions.has(session)) return emptyResult(call);
    if (subscription) this.#add(subscription, session);
    else {
      subscription = { sessions: new Set(), opening: undefined };
      subscribed.byUri.set(uri, subscription);
      this.#add(subscription, session);
      subscription.opening = server.forward(call, { uri });
    }
    const { opening } = subscription;
    try {
      // Who comes while the first one still waits gets the same answer.
      const answer = (await opening) ?? emptyResult(call);
      if (answer.head.kind === "error") this.#remove(subscribed, uri, session);
      return answer;
    } catch (error) {
      this.#remove(subscribed, uri, session);
      const byAnother = OmgError.is(error) && error.reason === "cancelled" && !call.cancelled;
      if (byAnother && opening !== undefined) return this.subscribe(server, call, uri);
      throw error;
    } finally {
      if (subscription.opening === opening) subscription.opening = undefined;
    }
  }

  async unsubscribe(server: PooledServer, call: Call, uri: string): Promise<Frame> {
    const subscribed = this.#subscribed.get(keyOf(server, call.session));
    if (!subscribed?.byUri.get(uri)?.sessions.has(call.session)) return emptyResult(call);
    const wasLast = this.#remove(subscribed, uri, call.session);
    return wasLast && server.ready(call.session) ? server.forward(call, { uri }) : emptyResult(call);
  }

  /** The sessions that are to hear of a change: of the resource itself, or of something below it (MCP allows both). */
  subscribers(server: PooledServer, owner: string, uri: string): Set<string> {
    const sessions = new Set<string>();
    for (const [wanted, subscription] of this.#subscribed.get(`${server.id}\0${owner}`)?.byUri ?? []) {
      if (wanted !== uri && !isBelow(uri, wanted)) continue;
      for (const session of subscription.sessions) sessions.add(session);
    }
    return sessions;
  }

  /** An instance has started: it knows of no subscription yet. */
  async ready(server: PooledServer, owner: string, { upstream }: RunningInstance): Promise<void> {
    const subscribed = this.#subscribed.get(`${server.id}\0${owner}`);
    if (subscribed?.server !== server) return;
    await Promise.all(
      [...subscribed.byUri].map(async ([uri, { opening }]) => {
        if (opening) return;
        const answer = await upstream
          .ask("resources/subscribe", { uri })
          .catch((error: unknown) => this.#onFailed(server.id, error));
        const message = answer?.value();
        if (message && "error" in message) this.#onFailed(server.id, new Error(message.error.message));
      }),
    );
  }

  /** A reload may have put other servers in the place of those that were subscribed to. */
  reloaded(find: (id: string) => PooledServer | undefined): void {
    for (const [key, subscribed] of this.#subscribed) {
      const server = find(subscribed.id);
      if (server === subscribed.server) continue;
      subscribed.release();
      const mayStart = server && server.state !== "disabled";
      if (mayStart && server.isPerSession === (subscribed.owner !== "")) {
        subscribed.server = server;
        subscribed.release = server.hold(subscribed.owner);
      } else {
        for (const { sessions } of subscribed.byUri.values()) for (const id of sessions) this.#count(id, -1);
        this.#subscribed.delete(key);
      }
    }
  }

  /** Takes back what a session subscribed to; where it was the last one, the server hears of it. */
  endSession(session: string): void {
    if (!this.#counts.has(session)) return;
    for (const subscribed of [...this.#subscribed.values()]) {
      for (const [uri, { sessions }] of [...subscribed.byUri]) {
        if (!sessions.has(session) || !this.#remove(subscribed, uri, session)) continue;
        const instance = subscribed.owner === "" ? subscribed.server.ready("") : undefined;
        instance?.upstream
          .ask("resources/unsubscribe", { uri })
          .catch((error: unknown) => this.#onFailed(subscribed.id, error));
      }
    }
  }

  #of(server: PooledServer, session: string): Subscribed {
    const key = keyOf(server, session);
    let subscribed = this.#subscribed.get(key);
    if (!subscribed) {
      const owner = server.isPerSession ? session : "";
      const release = server.hold(owner);
      subscribed = { id: server.id, owner, server, byUri: new Map(), release };
      this.#subscribed.set(key, subscribed);
    }
    return subscribed;
  }

  #add({ sessions }: Subscription, session: string): void {
    sessions.add(session);
    this.#count(session, 1);
  }

  /** Returns whether nobody is left who wants the resource. */
  #remove(subscribed: Subscribed, uri: string, session: string): boolean {
    const subscription = subscribed.byUri.get(uri);
    if (!subscription?.sessions.delete(session)) return false;
    this.#count(session, -1);
    if (subscription.sessions.size > 0) return false;
    subscribed.byUri.delete(uri);
    if (subscribed.byUri.size === 0) {
      subscribed.release();
      for (const [key, other] of this.#subscribed) if (other === subscribed) this.#subscribed.delete(key);
    }
    return true;
  }

  #count(session: string, change: 1 | -1): void {
    const count = (this.#counts.get(session) ?? 0) + change;
    if (count > 0) this.#counts.set(session, count);
    else this.#counts.delete(session);
  }
}

function keyOf(server: PooledServer, session: string): string {
  return `${server.id}\0${server.isPerSession ? session : ""}`;
}

function isBelow(uri: string, above: string): boolean {
  return uri.startsWith(above) && (above.endsWith("/") || /^[/?#]/.test(uri.slice(above.length)));
}

function emptyResult(call: Call): Frame {
  return resultFrame(call.frame.head.id as RequestId, "{}");
}

function tooManyError(server: string): OmgError {
  return new OmgError("overloaded", {
    detail: "subscriptions",
    server,
    message: `This session has ${maxSubscriptions} resource subscriptions, its limit`,
  });
}
