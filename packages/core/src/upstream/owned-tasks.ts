import { OmgError } from "../runtime/errors.ts";
import type { Caller } from "../session/call.ts";

const maxTasks = 10_000;
const maxTasksOfOne = 1000;

/** Tasks by id, each known to its owner alone. Where there are too many, the oldest are forgotten. */
export class OwnedTasks<T> {
  readonly #tasks = new Map<string, { readonly owner: string; readonly task: T }>();
  readonly #idsOf = new Map<string, Set<string>>();
  readonly #onForgotten: (task: T) => void;

  constructor(onForgotten: (task: T) => void = () => {}) {
    this.#onForgotten = onForgotten;
  }

  /** An id that is known stays with its owner. */
  add(id: string, owner: string, task: T): void {
    if (this.#tasks.has(id)) return;
    this.#tasks.set(id, { owner, task });
    const own = this.#idsOf.get(owner) ?? new Set();
    this.#idsOf.set(owner, own.add(id));
    const [oldestOwn] = own;
    if (own.size > maxTasksOfOne && oldestOwn !== undefined) this.forget(oldestOwn);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > maxTasks && oldest !== undefined) this.forget(oldest);
  }

  get(id: string, owner: string): T | undefined {
    const known = this.#tasks.get(id);
    return known?.owner === owner ? known.task : undefined;
  }

  of(owner: string): [id: string, task: T][] {
    return [...(this.#idsOf.get(owner) ?? [])].flatMap((id) => {
      const task = this.get(id, owner);
      return task === undefined ? [] : [[id, task]];
    });
  }

  forget(id: string): void {
    const known = this.#tasks.get(id);
    if (!known) return;
    this.#tasks.delete(id);
    const own = this.#idsOf.get(known.owner);
    own?.delete(id);
    if (own?.size === 0) this.#idsOf.delete(known.owner);
    this.#onForgotten(known.task);
  }

  forgetAll(): void {
    for (const id of [...this.#tasks.keys()]) this.forget(id);
  }
}

/** Whose tasks a client may know of: those of its principal, or of its session if it has one. */
export function ownerOf({ principal, id }: Caller): string {
  return principal ?? id;
}

export function unknownTask(server: string, taskId: string): OmgError {
  return new OmgError("bad_params", {
    server,
    message: `Unknown task '${taskId}': it is over, or its server or the gateway was started anew, or it is not this client's`,
  });
}
