import { OmgError } from "../../src/runtime/errors.ts";
import { type Frame, frameOf, type RequestId } from "../../src/runtime/frame.ts";
import type {
  FrameExtra,
  FrameSendOptions,
  JsonRpcMessage,
  Params,
  StreamCloseOptions,
  Transport,
} from "../../src/runtime/transport.ts";
import type { Exit, InstanceV1, OptionsSchema, RuntimeV1, StartRequest } from "../../src/runtime/v1.ts";

export type Handler = (params: Params, instance: FakeInstance, id: RequestId) => Params | Promise<Params>;

export interface FakeServer {
  /** Answers by method; what it throws becomes a JSON-RPC error. */
  readonly methods: Record<string, Handler>;
  /** Runs before an instance exists; a rejection fails the start. */
  beforeStart?: (request: StartRequest<unknown>) => Promise<void>;
  beforeDispose?: () => Promise<void>;
  /** Refuses a message that is sent, by throwing. */
  beforeSend?: (message: JsonRpcMessage) => void;
  /** Whether each message goes by itself, as over HTTP. */
  readonly perRequest?: boolean;
}

/** A runtime whose servers live in the test, to inject faults and hold answers back. */
export class FakeRuntime implements RuntimeV1 {
  readonly specVersion = "v1";
  readonly name = "fake";
  readonly options: OptionsSchema<unknown> = {
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
  };
  readonly instances: FakeInstance[] = [];
  readonly requests: StartRequest<unknown>[] = [];
  running = 0;
  mostRunningStarts = 0;
  readonly #servers: Record<string, FakeServer>;
  #starting = 0;

  constructor(servers: Record<string, FakeServer>) {
    this.#servers = servers;
  }

  get starts(): number {
    return this.requests.length;
  }

  get last(): FakeInstance {
    return this.instances.at(-1) as FakeInstance;
  }

  async start(request: StartRequest<unknown>): Promise<InstanceV1> {
    this.requests.push(request);
    const server = this.#servers[request.server] as FakeServer;
    this.mostRunningStarts = Math.max(this.mostRunningStarts, ++this.#starting);
    try {
      await server.beforeStart?.(request);
      request.signal.throwIfAborted();
    } finally {
      this.#starting--;
    }
    const instance = new FakeInstance(server, request.instanceId, () => this.running--);
    this.running++;
    this.instances.push(instance);
    return instance;
  }
}

export class FakeInstance implements InstanceV1 {
  readonly id: string;
  readonly transport: FakeTransport;
  readonly exited: Promise<Exit>;
  readonly leaving: Promise<string>;
  /** Every message that came in. */
  readonly received: JsonRpcMessage[] = [];
  /** How each of them was sent. */
  readonly sent: (FrameSendOptions | undefined)[] = [];
  readonly #exit = Promise.withResolvers<Exit>();
  readonly #leave = Promise.withResolvers<string>();
  readonly #server: FakeServer;
  readonly #onGone: () => void;
  #gone = false;

  constructor(server: FakeServer, id: string, onGone: () => void) {
    this.#server = server;
    this.#onGone = onGone;
    this.id = id;
    this.exited = this.#exit.promise;
    this.leaving = this.#leave.promise;
    this.transport = new FakeTransport(server.perRequest, (message, options) => {
      server.beforeSend?.(message);
      this.sent.push(options);
      this.#receive(message);
    });
  }

  /** Says something of its own accord; `extra`: on the stream of a request. */
  say(message: JsonRpcMessage, extra?: FrameExtra): void {
    this.transport.deliver(message, extra);
  }

  /** Asks for no more calls. */
  leave(why: string): void {
    this.#leave.resolve(why);
  }

  /** Ends by itself, with its transport still open for what it said last. */
  exit(detail: string): void {
    this.#gone = true;
    this.#onGone();
    this.#exit.resolve({ reason: "exited", detail });
  }

  /** Ends by itself. */
  crash(detail = "signal SIGKILL"): void {
    this.#end("exited", detail);
    this.transport.onclose?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gone) return;
    await this.#server.beforeDispose?.();
    this.#end("stopped", "disposed");
  }

  #end(reason: Exit["reason"], detail: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.transport.open = false;
    this.#onGone();
    this.#exit.resolve({ reason, detail });
  }

  #receive(message: JsonRpcMessage): void {
    this.received.push(message);
    if (!("method" in message) || !("id" in message)) return;
    const { id, method, params = {} } = message;
    void this.#answer(id, method, params);
  }

  async #answer(id: RequestId, method: string, params: Params): Promise<void> {
    try {
      const { methods } = this.#server;
      const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (!handler) throw Object.assign(new Error(`no ${method}`), { code: -32601 });
      this.say({ jsonrpc: "2.0", id, result: await handler(params, this, id) });
    } catch (error) {
      const { message, code = -32000, data } = error as Error & { code?: number; data?: unknown };
      this.say({ jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } });
    }
  }
}

class FakeTransport implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;
  onstreamclose?: ((requestId: RequestId, options?: StreamCloseOptions) => void) | undefined;
  open = true;
  readonly perRequest: boolean | undefined;
  readonly #take: (message: JsonRpcMessage, options?: FrameSendOptions) => void;

  constructor(
    perRequest: boolean | undefined,
    take: (message: JsonRpcMessage, options?: FrameSendOptions) => void,
  ) {
    this.perRequest = perRequest;
    this.#take = take;
  }

  async start(): Promise<void> {}

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  async sendFrame(frame: Frame, options?: FrameSendOptions): Promise<void> {
    if (!this.open) throw new OmgError("upstream_closed", { message: "The fake is closed" });
    this.#take(frame.value(), options);
  }

  deliver(message: JsonRpcMessage, extra?: FrameExtra): void {
    if (this.open) this.onframe?.(frameOf(message), extra);
  }

  async close(): Promise<void> {}
}

/** A server that shakes hands and offers tools; each answers with its own name unless told otherwise. */
export function fakeServer(tools: Record<string, Handler> = {}, more: Partial<FakeServer> = {}): FakeServer {
  return {
    ...more,
    methods: {
      initialize: (params) => ({
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "fake", version: "1" },
      }),
      ping: () => ({}),
      "tools/list": () => ({
        tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })),
      }),
      "tools/call": (params, instance, id) => {
        const tool = tools[String(params.name)];
        if (!tool) throw new Error(`no tool ${String(params.name)}`);
        return tool((params.arguments ?? {}) as Params, instance, id);
      },
      ...more.methods,
    },
  };
}

export function text(value: string): Params {
  return { content: [{ type: "text", text: value }] };
}
