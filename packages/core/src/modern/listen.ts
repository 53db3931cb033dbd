import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, notificationFrame, requestFrame, resultFrame } from "../runtime/frame.ts";
import { Call, type Caller } from "../session/call.ts";
import { Changes, listOf } from "../session/changes.ts";
import { withMeta } from "./envelope.ts";
import type { Exchange } from "./exchange.ts";
import { type ListenFilter, readFilter, writtenFilter } from "./listen-filter.ts";
import { subscriptionKey } from "./meta-keys.ts";
import { modernResult } from "./results.ts";

/** Subscriptions that are made at once; a server takes only so many calls. */
const atOnce = 8;
/** Changes of different resources that are kept until the client has been told what it will hear. */
const maxEarly = 10_000;

/**
 * A client that listens (MCP 2026-07-28, `subscriptions/listen`): it hears of changes of lists and resources, as far as it
 * asked for them, until it leaves or the gateway ends. Subscribed resources keep their servers awake; the rest starts none.
 */
export class Listen implements Caller {
  readonly id: string = `modern-${randomUUID()}`;
  readonly era = "modern";
  readonly capabilities = {};
  readonly principal: string;
  /** The one server that the client listens to, if not to all. */
  readonly server: string | undefined;
  readonly #exchange: Exchange;
  readonly #endpoint: Endpoint;
  readonly #filter: ListenFilter;
  readonly #changes: Changes;
  readonly #ended = Promise.withResolvers<void>();
  readonly #subscribing = new Set<Call>();
  /** What happens before the client has been told what it will hear. */
  #early: Map<string, Frame> | undefined = new Map();
  #isOver = false;

  /** Throws `bad_params` for a filter that can not be read. */
  constructor(exchange: Exchange, clock: Clock, endpoint: (session: string) => Endpoint) {
    const { options } = exchange;
    this.principal = options.principal;
    this.server = options.server;
    this.#exchange = exchange;
    this.#filter = readFilter(exchange.params);
    this.#endpoint = endpoint(this.id);
    this.#changes = new Changes(clock, this.#endpoint, (frame) => this.#send(frame));
  }

  /** Resolves with the answer, when the listening is over. */
  async run(): Promise<Frame> {
    const { options, id, method } = this.#exchange;
    const onAbort = () => this.end();
    options.signal.addEventListener("abort", onAbort, { once: true });
    if (options.signal.aborted) this.end();
    const kinds = this.#endpoint.watch(this.#filter.kinds);
    const uris = await this.#subscribeAll();
    if (!this.#isOver) this.#acknowledge({ kinds, uris });
    await this.#ended.promise;
    options.signal.removeEventListener("abort", onAbort);
    const result = JSON.stringify({ _meta: { [subscriptionKey]: id } });
    return modernResult(resultFrame(id, result), { id, method, serverInfo: this.#endpoint.identity() });
  }

  end(): void {
    this.#isOver = true;
    this.#changes.end();
    for (const call of this.#subscribing) call.cancel("The client no longer listens");
    this.#ended.resolve();
  }

  /** The one server behind this endpoint says that a list has changed. */
  listChanged(frame: Frame): void {
    const kinds = listOf(frame.head.method ?? "");
    if (this.#filter.kinds.some((kind) => kinds.includes(kind))) this.#changes.note(frame);
  }

  /** Something that servers offer may have changed. */
  announceChanges(): void {
    this.#changes.announceSoon();
  }

  /** Only changes of resources belong here: log messages and progress are for requests. */
  relay(server: string, frame: Frame): void {
    if (frame.head.method !== "notifications/resources/updated") return;
    this.#send(this.#endpoint.translator(server)?.down(frame) ?? frame);
  }

  tell(): void {}

  async ask(question: Frame): Promise<Frame> {
    throw new OmgError("method_not_found", {
      message: `${question.head.method} has nobody to answer it: the client only listens`,
    });
  }

  askFrom(_server: string, question: Frame): Promise<Frame> {
    return this.ask(question);
  }

  /** The resources that the client will hear of: a subscription that fails is not among them. */
  async #subscribeAll(): Promise<string[]> {
    const { uris } = this.#filter;
    const made = new Set<string>();
    for (let at = 0; at < uris.length && !this.#isOver; at += atOnce) {
      await Promise.all(
        uris.slice(at, at + atOnce).map(async (uri) => {
          if (await this.#subscribe(uri)) made.add(uri);
        }),
      );
    }
    return uris.filter((uri) => made.has(uri));
  }

  async #subscribe(uri: string): Promise<boolean> {
    const call = new Call(requestFrame(0, "resources/subscribe", { uri }), this);
    this.#subscribing.add(call);
    try {
      return (await this.#endpoint.request(call)).head.kind === "result";
    } catch {
      return false;
    } finally {
      this.#subscribing.delete(call);
    }
  }

  #acknowledge(honoured: ListenFilter): void {
    const notifications = writtenFilter(honoured);
    const early = this.#early?.values() ?? [];
    this.#early = undefined;
    this.#send(notificationFrame("notifications/subscriptions/acknowledged", { notifications }));
    for (const frame of early) this.#send(frame);
  }

  /** The same change twice is one that the client has to look at; a server may say it any number of times. */
  #keepEarly(early: Map<string, Frame>, frame: Frame): void {
    const { method, uri = "" } = frame.head;
    const key = `${method} ${uri}`;
    if (early.size < maxEarly || early.has(key)) early.set(key, frame);
  }

  #send(frame: Frame): void {
    if (this.#isOver) return;
    if (this.#early) this.#keepEarly(this.#early, frame);
    else this.#exchange.options.tell(withMeta(frame, { [subscriptionKey]: this.#exchange.id }));
  }
}
