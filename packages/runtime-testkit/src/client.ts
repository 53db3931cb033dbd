import {
  type Frame,
  frameOf,
  type JsonRpcMessage,
  type Params,
  type RequestId,
  type Transport,
} from "@omg/core/runtime";

/** A minimal MCP client over a runtime's transport: the frame lane where there is one, plain messages otherwise. */
export interface RawClient {
  /** Sends a request; resolves with its `result`, rejects when it fails or the transport closes. */
  request(method: string, params?: Params): Promise<Params>;
  /** Sends a notification; resolves once the transport has taken it. */
  notify(method: string, params?: Params): Promise<void>;
  /** Does the handshake and resolves with the server's answer. */
  initialize(protocolVersion?: string): Promise<Params>;
  /** Calls a tool of the scripted server and resolves with its text. */
  call(tool: string, args?: Record<string, unknown>): Promise<string>;
  /** Resolves when the transport has closed. */
  readonly closed: Promise<void>;
  /** What the transport has reported to `onerror`. */
  readonly errors: readonly Error[];
  /** Notifications and requests of the server. */
  readonly incoming: readonly JsonRpcMessage[];
  /** Ends the transport. Requests that wait are rejected. */
  close(): Promise<void>;
}

interface Pending {
  resolve(result: Params): void;
  reject(error: Error): void;
}

/** Takes a transport that is not started yet, and starts it. */
export async function connectRaw(transport: Transport): Promise<RawClient> {
  const pending = new Map<RequestId, Pending>();
  const errors: Error[] = [];
  const incoming: JsonRpcMessage[] = [];
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  let lastId = 0;

  const receive = (message: JsonRpcMessage) => {
    if ("method" in message || message.id === undefined) {
      incoming.push(message);
      return;
    }
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if ("result" in message) waiting?.resolve(message.result);
    else waiting?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
  };
  transport.onclose = () => {
    for (const waiting of pending.values()) waiting.reject(new Error("The transport closed"));
    pending.clear();
    close();
  };
  transport.onerror = (error) => void errors.push(error);
  if (transport.sendFrame) transport.onframe = (frame: Frame) => receive(frame.value());
  else transport.onmessage = receive;
  await transport.start();

  const send = (message: JsonRpcMessage) =>
    transport.sendFrame ? transport.sendFrame(frameOf(message)) : transport.send(message);

  const client: RawClient = {
    closed,
    errors,
    incoming,
    request(method, params) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        send({ jsonrpc: "2.0", id, method, ...(params && { params }) }).catch((error: Error) => {
          pending.delete(id);
          reject(error);
        });
      });
    },
    notify: (method, params) => send({ jsonrpc: "2.0", method, ...(params && { params }) }),
    async initialize(protocolVersion = "2025-06-18") {
      const clientInfo = { name: "runtime-testkit", version: "1.0.0" };
      const result = await client.request("initialize", { protocolVersion, capabilities: {}, clientInfo });
      const agreed = result.protocolVersion;
      if (typeof agreed === "string") transport.setProtocolVersion?.(agreed);
      await client.notify("notifications/initialized");
      return result;
    },
    async call(tool, args = {}) {
      const result = await client.request("tools/call", { name: tool, arguments: args });
      const [block] = result.content as readonly { readonly text?: unknown }[];
      return String(block?.text);
    },
    close: () => transport.close(),
  };
  return client;
}
