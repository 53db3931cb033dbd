import type { Clock } from "../clock.ts";
import type { Endpoint } from "../router/endpoint.ts";
import type { ListKind } from "../router/listing.ts";
import { type Frame, notificationFrame } from "../runtime/frame.ts";

/** Several changes within this time count as one. */
const gatherMs = 100;

/** Tells one client which lists it should ask for again. */
export class Changes {
  readonly #clock: Clock;
  readonly #endpoint: Endpoint;
  readonly #send: (frame: Frame) => void;
  /** What servers said themselves, by method: it goes on in their own words. */
  readonly #noted = new Map<string, Frame>();
  #stopTimer: (() => void) | undefined;

  constructor(clock: Clock, endpoint: Endpoint, send: (frame: Frame) => void) {
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#send = send;
  }

  note(frame: Frame): void {
    const method = frame.head.method as string;
    this.#noted.set(method, frame);
    this.#endpoint.announced(listOf(method));
    this.announceSoon();
  }

  announceSoon(): void {
    this.#stopTimer ??= this.#clock.after(gatherMs, () => this.#announce());
  }

  end(): void {
    this.#stopTimer?.();
    this.#stopTimer = () => {};
  }

  #announce(): void {
    this.#stopTimer = undefined;
    for (const kind of this.#endpoint.staleLists()) {
      const method = changeNotification[kind];
      if (!this.#noted.has(method)) this.#noted.set(method, notificationFrame(method));
    }
    const frames = [...this.#noted.values()];
    this.#noted.clear();
    for (const frame of frames) this.#send(frame);
  }
}

const changeNotification: Record<ListKind, string> = {
  tools: "notifications/tools/list_changed",
  prompts: "notifications/prompts/list_changed",
  resources: "notifications/resources/list_changed",
  resourceTemplates: "notifications/resources/list_changed",
};

/** The kinds that a notification says have changed. */
export function listOf(method: string): ListKind[] {
  return (Object.keys(changeNotification) as ListKind[]).filter(
    (kind) => changeNotification[kind] === method,
  );
}
