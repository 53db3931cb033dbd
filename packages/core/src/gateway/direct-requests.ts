import { randomUUID } from "node:crypto";
import type { Catalog } from "../router/catalog.ts";
import { type Frame, rewriteFrame } from "../runtime/frame.ts";
import { Call } from "../session/call.ts";
import { mustNeedNoSession, sessionlessCaller } from "../session/sessionless-caller.ts";
import type { Admission } from "./admission.ts";
import type { RequestOptions } from "./types.ts";

export interface DirectRequestsOptions {
  readonly catalog: Catalog;
  readonly admission: Admission;
  /** A request is over: what was started for it alone ends. */
  readonly onEnd: (session: string) => void;
}

/** Requests of callers without a session, each under a session id of its own. */
export class DirectRequests {
  readonly #options: DirectRequestsOptions;
  readonly #open = new Set<string>();

  constructor(options: DirectRequestsOptions) {
    this.#options = options;
  }

  has(session: string): boolean {
    return this.#open.has(session);
  }

  async request(server: string, frame: Frame, { signal }: RequestOptions): Promise<Frame> {
    const { catalog, admission } = this.#options;
    const pooled = catalog.mustFind(server);
    mustNeedNoSession(frame);
    admission.enter();
    return this.inSession(async (session) => {
      const call = new Call(frame, sessionlessCaller(server, session));
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted) cancel();
      try {
        const answer = await pooled.forward(call);
        return rewriteFrame(answer, frame.head.id === undefined ? {} : { id: frame.head.id });
      } finally {
        signal?.removeEventListener("abort", cancel);
        admission.leave();
      }
    });
  }

  /** Does something under a session id that ends with it. */
  async inSession<T>(action: (session: string) => Promise<T>): Promise<T> {
    const session = `direct-${randomUUID()}`;
    this.#open.add(session);
    try {
      return await action(session);
    } finally {
      this.#open.delete(session);
      this.#options.onEnd(session);
    }
  }
}
