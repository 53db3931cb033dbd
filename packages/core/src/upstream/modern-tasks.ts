import type { Clock } from "../clock.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";

export const tasksExtension = "io.modelcontextprotocol/tasks";

export interface ModernTasksOptions {
  readonly clock: Clock;
  /** Keeps the instance awake while a task runs; called again with `false` when none does any more. */
  readonly keepAwake: (awake: boolean) => void;
  /** Asks the server how a task is. */
  readonly look: (taskId: string) => Promise<Frame>;
}

const maxTasks = 10_000;
const lookEveryMs = 30_000;
const finalStates: readonly unknown[] = ["completed", "failed", "cancelled"];

/**
 * The tasks of one instance of the modern era (extension `io.modelcontextprotocol/tasks`) that still run. Whoever knows a
 * task's id may ask for it: the server made it hard to guess.
 */
export class ModernTasks {
  readonly #options: ModernTasksOptions;
  /** The moment, by the clock, at which each is over in any case. */
  readonly #running = new Map<string, number>();
  #stopLooking = () => {};

  constructor(options: ModernTasksOptions) {
    this.#options = options;
  }

  /** Looks whether an answer is a task. */
  answered(answer: Frame): void {
    if (answer.head.kind !== "result" || !(answer.text ?? answer.bytes).includes('"task"')) return;
    const message = answer.value();
    const { resultType, taskId, ttlMs, status }: Params = "result" in message ? message.result : {};
    if (resultType !== "task" || typeof taskId !== "string" || finalStates.includes(status)) return;
    if (this.#running.size >= maxTasks) return;
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
    if (message && !("result" in message && !finalStates.includes(message.result.status))) this.#over(taskId);
  }

  #over(taskId: string): void {
    if (!this.#running.delete(taskId) || this.#running.size > 0) return;
    this.#stopLooking();
    this.#options.keepAwake(false);
  }
}
