import {
  type Json,
  type LineClient,
  type RequestOptions,
  type SdkLine,
  sdkLines,
  type Target,
} from "./sdk-lines.ts";

interface Message {
  readonly method: string;
  readonly params: Json;
}

export interface PartyOptions {
  readonly line: SdkLine;
  readonly target: Target;
  readonly capabilities?: Json;
  readonly roots?: readonly Json[];
  /** The server whose tools it calls, where all servers are behind one address. */
  readonly server?: string | undefined;
}

/** A client that can do everything. */
export const allCapabilities: Json = {
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
  tasks: { requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};

const patienceMs = 30_000;

/** A client of an SDK with a user, a model and folders behind it, and a memory of all that it was told and asked. */
export class Party implements AsyncDisposable {
  readonly asked: Message[] = [];
  readonly heard: Message[] = [];
  /** What the user and the model answer, by method. */
  readonly answers = new Map<string, (params: Json) => Json>();
  roots: readonly Json[];
  readonly #server: string | undefined;
  readonly #listeners = new Set<() => void>();
  #client: LineClient | undefined;

  private constructor({ roots = [], server }: PartyOptions) {
    this.roots = roots;
    this.#server = server;
    this.answers.set("roots/list", () => ({ roots: this.roots }));
  }

  static async connect(options: PartyOptions): Promise<Party> {
    const party = new Party(options);
    party.#client = await sdkLines[options.line](options.target, {
      capabilities: options.capabilities ?? allCapabilities,
      heard: (method, params) => party.#note(party.heard, { method, params }),
      answer: (method, params) => {
        party.#note(party.asked, { method, params });
        const answer = party.answers.get(method);
        if (!answer) throw new Error(`${method} was not expected`);
        return answer(params);
      },
    });
    return party;
  }

  /** The SDK's own methods. */
  get sdk(): LineClient {
    if (!this.#client) throw new Error("not connected");
    return this.#client;
  }

  /** Whether it talks to all servers at once. */
  get isAggregate(): boolean {
    return this.#server !== undefined;
  }

  /** A name that the server gave, as it is called here. */
  name(own: string): string {
    return this.#server === undefined ? own : `${this.#server}__${own}`;
  }

  request(method: string, params: Json = {}, options: RequestOptions = {}): Promise<Json> {
    return this.sdk.request(method, params, { timeout: patienceMs, ...options });
  }

  call(tool: string, args: Json = {}, options: RequestOptions = {}): Promise<Json> {
    return this.request("tools/call", { name: this.name(tool), arguments: args }, options);
  }

  /** All tools, once the server has been listed: with all servers at one address, late ones are not waited for. */
  async tools(): Promise<Json[]> {
    const end = performance.now() + patienceMs;
    let tools: Json[] = [];
    do tools = (await this.request("tools/list")).tools as Json[];
    while (!tools.some(({ name }) => String(name).startsWith(this.name(""))) && performance.now() < end);
    return tools;
  }

  /** Resolves with a notification that is there or will come. */
  hears(method: string, text = "", after = 0): Promise<Json> {
    return this.#find(this.heard, method, text, after);
  }

  /** Resolves with a request of the server that is there or will come. */
  isAsked(method: string, text = "", after = 0): Promise<Json> {
    return this.#find(this.asked, method, text, after);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.close();
  }

  #note(list: Message[], message: Message): void {
    list.push(message);
    for (const listener of this.#listeners) listener();
  }

  #find(list: Message[], method: string, text: string, after: number): Promise<Json> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#listeners.delete(look);
        reject(new Error(`no ${method} with '${text}' among ${JSON.stringify(list.slice(after))}`));
      }, patienceMs);
      const look = () => {
        const found = list
          .slice(after)
          .find((one) => one.method === method && JSON.stringify(one.params).includes(text));
        if (!found) return;
        clearTimeout(late);
        this.#listeners.delete(look);
        resolve(found.params);
      };
      this.#listeners.add(look);
      look();
    });
  }
}
