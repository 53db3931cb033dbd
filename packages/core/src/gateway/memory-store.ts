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

/** The part of a store that belongs to one server of one runtime. */
export function serverStore(store: StateStore, runtime: string, server: string): StateStore {
  const prefix = `${runtime}/${encodeURIComponent(server)}/`;
  return {
    get: (key) => store.get(prefix + key),
    set: (key, value) => store.set(prefix + key, value),
    delete: (key) => store.delete(prefix + key),
  };
}
