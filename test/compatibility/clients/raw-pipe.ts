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

/** Sends requests over one pipe: everything that comes between a request and its answer counts as on its way. */
export function exchangeOver(pipe: Pipe, onText: (text: string) => void = () => {}): Raw["exchange"] {
  const listeners = new Set<(text: string) => void>();
  pipe.onText = (text) => {
    onText(text);
    for (const listener of listeners) listener(text);
  };
  return (text) => {
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
}

/** A session over one pipe. */
export async function rawOverPipe(pipe: Pipe, options: RawOptions): Promise<Raw> {
  const all: string[] = [];
  let pings = 0;
  const exchange = exchangeOver(pipe, (text) => void all.push(text));
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
