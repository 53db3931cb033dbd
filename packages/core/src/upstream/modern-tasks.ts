import type { Clock } from "../clock.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import { isOver } from "./task-shapes.ts";

export interface ModernTasksOptions {
  readonly clock: Clock;
  /** Keeps the instance awake while a task runs; called again with `false` when none does any more. */
  readonly keepAwake: (awake: boolean) => void;
  /** Asks the server how a task is. */
  readonly look: (taskId: string) => Promise<Frame>;
}

const maxTasks = 10_000;
const lookEveryMs = 30_000;

/** The tasks of one instance of the modern era (extension `io.modelcontextprotocol/tasks`) that still run. */
export class ModernTasks {
  readonly #options: ModernTasksOptions;
  /** The moment, by the clock, at which each is over in any case. */
  readonly #running = new Map<string, number>();
  #stopLooking = () => {};

  constructor(options: ModernTasksOptions) {
    this.#options = options;
  }

  /** The server has begun a task. */
  began(task: Params & { taskId: string }): void {
    const { taskId, ttlMs } = task;
    if (isOver(task) || this.#running.size >= maxTasks) return;
    const isFirst = this.#running.size === 0;
    const end = typeof ttlMs === "number" ? this.#options.clock.now() + ttlMs : Number.POSITIVE_INFINITY;
    this.#running.set(taskId, end);
    if (!isFirst) return;
    this.#options.keepAwake(true);
    this.#lookSoon();
  }

  end(): void {
    this.#stopLooking();
    if (this.#running.size > 0) this.#options.keepAwake(false);
    this.#running.clear();
  }

  #lookSoon(): void {
    const { clock } = this.#options;
    this.#stopLooking = clock.after(lookEveryMs, () => {
      this.#lookSoon();
      for (const [taskId, end] of this.#running) {
        if (end <= clock.now()) this.#over(taskId);
        else void this.#look(taskId);
      }
    });
  }

  async #look(taskId: string): Promise<void> {
    const message = (await this.#options.look(taskId).catch(() => undefined))?.value();
    // A task that the server no longer knows is over.
    if (message && !("result" in message && !isOver(message.result))) this.#over(taskId);
  }

  #over(taskId: string): void {
    if (!this.#running.delete(taskId) || this.#running.size > 0) return;
    this.#stopLooking();
    this.#options.keepAwake(false);
  }
}
