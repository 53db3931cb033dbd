import {
  idsIn,
  initializedText,
  initializeText,
  type Raw,
  type RawOptions,
  request,
  resultOf,
} from "./raw.ts";

/** Something that carries messages both ways in one order. */
export interface Pipe extends AsyncDisposable {
  send(text: string): Promise<void>;
  /** Set before anything is sent. */
  onText: (text: string) => void;
}

/** Talks over one pipe: everything that comes between a request and its answer counts as on its way. */
export async function rawOverPipe(pipe: Pipe, options: RawOptions): Promise<Raw> {
  const all: string[] = [];
  const listeners = new Set<(text: string) => void>();
  let pings = 0;
  pipe.onText = (text) => {
    all.push(text);
    for (const listener of listeners) listener(text);
  };

  const exchange = (text: string): Promise<string[]> => {
    const owed = new Set(idsIn(text));
    const came: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const listen = (received: string) => {
      came.push(received);
      for (const { id, method } of [JSON.parse(received)].flat()) if (method === undefined) owed.delete(id);
      if (owed.size > 0) return;
      listeners.delete(listen);
      resolve(came);
    };
    listeners.add(listen);
    pipe.send(text).catch((error) => {
      listeners.delete(listen);
      reject(error);
    });
    return promise;
  };

  const introduction = resultOf((await exchange(initializeText(options))).at(-1));
  await pipe.send(initializedText);
  return {
    introduction,
    exchange,
    send: (text) => pipe.send(text),
    async settled() {
      await exchange(request(`settled-${++pings}`, "ping"));
      return all;
    },
    [Symbol.asyncDispose]: () => pipe[Symbol.asyncDispose](),
  };
}
