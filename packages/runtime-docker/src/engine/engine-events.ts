import type { Readable } from "node:stream";

/** What an engine reports of one container, as far as anybody here wants to know. */
export interface ContainerEvent {
  /** `die`, `oom`, `pause`, `destroy` … */
  readonly action: string;
  /** With `die`: the exit code. */
  readonly exitCode: number | undefined;
}

export type OpenEvents = (since: number | undefined, signal: AbortSignal) => Promise<Readable>;

interface EventLine {
  readonly Action?: string;
  readonly time?: number;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: { readonly exitCode?: string } };
}

const maxLineBytes = 1024 * 1024;
const reopenMs = 1_000;

/**
 * The events of an engine's containers, over one stream for all who watch one; it is open while somebody does. One that breaks
 * off is opened again from where it was.
 */
export class EngineEvents {
  readonly #open: OpenEvents;
  readonly #watchers = new Map<string, (event: ContainerEvent) => void>();
  #stream: Promise<Readable> | undefined;
  #closing: AbortController | undefined;
  #lastTime: number | undefined;

  constructor(open: OpenEvents) {
    this.#open = open;
  }

  /** Hears of everything that happens to a container from now on. Rejects with an `EngineFailure`. */
  async watch(container: string, onEvent: (event: ContainerEvent) => void): Promise<void> {
    this.#watchers.set(container, onEvent);
    try {
      await this.#opened();
    } catch (error) {
      this.unwatch(container);
      throw error;
    }
  }

  unwatch(container: string): void {
    this.#watchers.delete(container);
    if (this.#watchers.size === 0) this.#close();
  }

  #opened(): Promise<Readable> {
    if (!this.#stream) {
      this.#closing = new AbortController();
      const { signal } = this.#closing;
      const stream = this.#open(this.#lastTime, signal).then((opened) => this.#read(opened));
      const forget = () => {
        if (this.#stream !== stream) return;
        this.#stream = undefined;
        setTimeout(() => this.#reopen(), reopenMs).unref();
      };
      stream.then((opened) => opened.once("close", forget), forget);
      this.#stream = stream;
    }
    return this.#stream;
  }

  #reopen(): void {
    if (this.#watchers.size > 0) this.#opened().catch(() => {});
  }

  #close(): void {
    this.#closing?.abort();
    this.#stream = undefined;
    this.#lastTime = undefined;
  }

  #read(stream: Readable): Readable {
    let pending = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = (pending + text).split("\n");
      pending = lines.pop() ?? "";
      if (pending.length > maxLineBytes) stream.destroy();
      for (const line of lines) this.#take(line);
    });
    stream.on("error", () => {});
    stream.on("end", () => stream.destroy());
    return stream;
  }

  #take(line: string): void {
    let event: EventLine;
    try {
      event = JSON.parse(line) as EventLine;
    } catch {
      return;
    }
    const { Action: action, Actor: actor, time } = event;
    if (typeof time === "number") this.#lastTime = time;
    if (typeof action !== "string" || typeof actor?.ID !== "string") return;
    const code = actor.Attributes?.exitCode;
    this.#watchers.get(actor.ID)?.({ action, exitCode: code === undefined ? undefined : Number(code) });
  }
}
