import type { StateStore } from "../runtime/v1.ts";

/** A store that lasts as long as the process. */
export function memoryStore(): StateStore {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    async set(key, value) {
      values.set(key, value);
    },
    async delete(key) {
      values.delete(key);
    },
  };
}

/** A view of a store in which every key starts with `prefix`. */
export function namespacedStore(store: StateStore, prefix: string): StateStore {
  return {
    get: (key) => store.get(prefix + key),
    set: (key, value) => store.set(prefix + key, value),
    delete: (key) => store.delete(prefix + key),
  };
}
