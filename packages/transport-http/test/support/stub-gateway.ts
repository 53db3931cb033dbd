import { EventEmitter, once } from "node:events";
import {
  type ConnectOptions,
  type ExchangeOptions,
  errorFrame,
  type Frame,
  type Gateway,
  type JsonRpcMessage,
  notificationFrame,
  OmgError,
  type Params,
  type RequestOptions,
  resultFrame,
  rewriteFrame,
  type ServerPins,
  type ServerStatus,
  type Session,
  type Transport,
} from "@omg/core";

/** One connected client, seen from core. */
export class StubSession implements Session {
  readonly id = "stub";
  readonly callsInFlight = 0;
  readonly closed: Promise<void>;
  readonly transport: Transport;
  readonly options: ConnectOptions;
  #end: () => void = () => {};

  constructor(transport: Transport, options: ConnectOptions) {
    this.transport = transport;
    this.options = options;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {
    this.#end();
    await this.transport.close();
  }

  /** Sends to the client. */
  send(frame: Frame, relatedRequestId?: string | number): Promise<void> {
    return (
      this.transport.sendFrame?.(frame, { relatedRequestId }) ?? Promise.reject(new Error("no frame lane"))
    );
  }
}

/** A gateway that echoes, waits when told to, and remembers everything. */
export class StubGateway implements Gateway {
  readonly sessions: StubSession[] = [];
  readonly frames: Frame[] = [];
  readonly requests: { server: string; frame: Frame; options: RequestOptions | undefined }[] = [];
  readonly exchanges: { frame: Frame; options: ExchangeOptions }[] = [];
  answerExchange: Gateway["exchange"] | undefined;
  readonly statuses = new Map<string, ServerStatus>();
  draining = false;
  /** What `connect` and `request` reject with, if anything. */
  failure: unknown;
  starts = 0;
  readonly #events = new EventEmitter();

  constructor(...statuses: ServerStatus[]) {
    for (const status of statuses) this.statuses.set(status.config.id, status);
  }

  /** Resolves with the next message of this method. */
  async next(method: string): Promise<Frame> {
    const [frame] = (await once(this.#events, method)) as [Frame];
    return frame;
  }

  get session(): StubSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error("nobody connected");
    return session;
  }

  async connect(transport: Transport, options: ConnectOptions = {}): Promise<Session> {
    if (this.failure !== undefined) throw this.failure;
    const session = new StubSession(transport, options);
    transport.onframe = (frame) => this.#receive(session, frame);
    this.sessions.push(session);
    await transport.start();
    return session;
  }

  /** Answers like `answerExchange`, if that is set; else echoes. */
  async exchange(frame: Frame, options: ExchangeOptions): Promise<Frame> {
    this.exchanges.push({ frame, options });
    return (
      this.answerExchange?.(frame, options) ?? resultFrame(frame.head.id ?? 0, '{"resultType":"complete"}')
    );
  }

  async request(server: string, frame: Frame, options?: RequestOptions): Promise<Frame> {
    this.requests.push({ server, frame, options });
    if (this.failure !== undefined) throw this.failure;
    // Upstream, ids are the gateway's own.
    return rewriteFrame(answerTo(frame), { id: 4711 });
  }

  servers(): ServerStatus[] {
    return [...this.statuses.values()];
  }

  server(id: string): ServerStatus | undefined {
    return this.statuses.get(id);
  }

  async startServer(): Promise<boolean> {
    this.starts++;
    if (this.failure !== undefined) throw this.failure;
    return this.starts === 1;
  }

  async stopServer(): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    return this.starts > 0;
  }

  async reload() {
    return { added: [], removed: [], changed: [], unchanged: [], kept: [] };
  }

  async warmServer(): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    return 3;
  }

  async toolPins(): Promise<ServerPins> {
    if (this.failure !== undefined) throw this.failure;
    return new Map([["read", { hash: `sha256:${"0".repeat(64)}`, description: "Reads" }]]);
  }

  stats() {
    return {
      startedAt: new Date(Date.now() - 7_200_000),
      totalRequests: 310,
      heldCalls: 4,
      droppedFrames: 3,
      sessions: this.sessions.length,
    };
  }

  async drain(): Promise<void> {
    this.draining = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #receive(session: StubSession, frame: Frame): void {
    this.frames.push(frame);
    const { kind, id, method = "", name } = frame.head;
    if (kind === "request" && id !== undefined && name !== "slow") {
      if (name === "chatty") void session.send(progress(1), id);
      void session.send(answerTo(frame));
    }
    this.#events.emit(method, frame);
  }
}

export function progress(value: number, padding = ""): Frame {
  return notificationFrame("notifications/progress", {
    progressToken: "t",
    progress: value,
    message: padding,
  });
}

export function serverStatus(id: string, more: Partial<ServerStatus> = {}): ServerStatus {
  return {
    config: { id, runtime: { type: "local-process", command: "true" } },
    state: "stopped",
    requestCount: 0,
    errorCount: 0,
    callsInFlight: 0,
    instances: 0,
    ...more,
  };
}

function answerTo(frame: Frame): Frame {
  const { id = 0, method } = frame.head;
  const message = frame.value() as JsonRpcMessage & { params?: Params };
  if (method === "initialize") {
    const version = message.params?.protocolVersion;
    if (version === "refused") return errorFrame(id, new OmgError("bad_params", { message: "Refused" }));
    const serverInfo = { name: "stub", version: "1" };
    return resultFrame(
      id,
      JSON.stringify({
        protocolVersion: version,
        capabilities: { tools: { listChanged: true } },
        serverInfo,
      }),
    );
  }
  if (method === "ping") return resultFrame(id, "{}");
  if (method === "tools/list") {
    return resultFrame(id, JSON.stringify({ tools: [{ name: "echo", inputSchema: { type: "object" } }] }));
  }
  if (method === "tools/call") {
    return resultFrame(
      id,
      JSON.stringify({ content: [{ type: "text", text: JSON.stringify(message.params) }] }),
    );
  }
  return errorFrame(id, new OmgError("method_not_found", { message: `No ${method} here` }));
}
