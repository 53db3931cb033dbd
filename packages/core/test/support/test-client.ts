import type { Gateway, Session } from "../../src/gateway/types.ts";
import { type Frame, frameOf, type RequestId } from "../../src/runtime/frame.ts";
import type { FrameSendOptions, JsonRpcMessage, Params, Transport } from "../../src/runtime/transport.ts";
import { settle } from "./virtual-clock.ts";

/** A client that speaks frames with a gateway in the same process. */
export class TestClient implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame) => void) | undefined;
  /** Everything that came from the gateway, answers included. */
  readonly received: JsonRpcMessage[] = [];
  readonly bytes: string[] = [];
  /** To which request of ours each of them belongs, if to one. */
  readonly related: (RequestId | undefined)[] = [];
  /** Which of them came on an event stream of a server. */
  readonly streamed: JsonRpcMessage[] = [];
  session: Session | undefined;
  readonly #waiting = new Map<RequestId, (answer: JsonRpcMessage) => void>();
  readonly #heard = new Set<() => void>();
  #nextId = 1;

  static async connect(gateway: Gateway, server?: string): Promise<TestClient> {
    const client = new TestClient();
    client.session = await gateway.connect(client, { server });
    return client;
  }

  async start(): Promise<void> {}

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  async sendFrame(frame: Frame, options?: FrameSendOptions): Promise<void> {
    const message = frame.value();
    if (options?.streamed) this.streamed.push(message);
    this.related.push(options?.relatedRequestId);
    this.received.push(message);
    this.bytes.push(frame.bytes.toString());
    if (!("method" in message) && message.id !== undefined) {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    }
    for (const heard of this.#heard) heard();
  }

  async close(): Promise<void> {}

  /** Sends a request and gives its answer. */
  ask(method: string, params?: Params, id: RequestId = this.#nextId++): Promise<JsonRpcMessage> {
    const answer = new Promise<JsonRpcMessage>((resolve) => this.#waiting.set(id, resolve));
    this.onframe?.(frameOf({ jsonrpc: "2.0", id, method, params }));
    return answer;
  }

  async result(method: string, params?: Params): Promise<Params> {
    const answer = await this.ask(method, params);
    if ("result" in answer) return answer.result;
    throw Object.assign(new Error(JSON.stringify(answer)), "error" in answer ? answer.error : {});
  }

  /** Calls a tool and gives its text. */
  async call(name: string, args: Params = {}): Promise<string> {
    const result = await this.result("tools/call", { name, arguments: args });
    return (result.content as { text: string }[])[0]?.text ?? "";
  }

  /** The reason the gateway gives for refusing a request. */
  async refusal(method: string, params?: Params): Promise<Record<string, unknown> & { message: string }> {
    const answer = await this.ask(method, params);
    if (!("error" in answer)) throw new Error(`answered: ${JSON.stringify(answer)}`);
    return { ...(answer.error.data as Record<string, unknown>), message: answer.error.message };
  }

  /** Answers a request of a server, and waits until the answer is there. */
  async answer(question: JsonRpcMessage, result: Params): Promise<void> {
    if (!("id" in question) || question.id === undefined) throw new Error("no request");
    this.onframe?.(frameOf({ jsonrpc: "2.0", id: question.id, result }));
    await settle();
  }

  notify(method: string, params?: Params): void {
    this.onframe?.(frameOf({ jsonrpc: "2.0", method, params }));
  }

  /** Resolves with the first notification of a method, also one that came before. */
  heard(method: string): Promise<JsonRpcMessage & { params?: Params }> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.received.find((message) => "method" in message && message.method === method);
        if (!found) return;
        this.#heard.delete(look);
        resolve(found as JsonRpcMessage & { params?: Params });
      };
      this.#heard.add(look);
      look();
    });
  }
}
