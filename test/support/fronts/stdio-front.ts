import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Message } from "../message.ts";
import { clientInfo, type Front } from "./front.ts";

/** A session over a gateway's stdin and stdout. */
export async function stdioFront(
  child: ChildProcessWithoutNullStreams,
  capabilities: object = {},
): Promise<Front> {
  const heard: Message[] = [];
  const waiting = new Map<unknown, (answer: Message) => void>();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  child.once("exit", () => ended.reject(new Error("the gateway ended")));
  let lastId = 0;
  const send = (message: object) =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    const answered = message.method === undefined ? waiting.get(message.id) : undefined;
    if (!answered) return void heard.push(message);
    waiting.delete(message.id);
    answered(message);
  });
  const front: Front = {
    heard,
    request(method, params = {}, signal) {
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      waiting.set(id, resolve);
      signal?.addEventListener("abort", () => {
        send({ method: "notifications/cancelled", params: { requestId: id } });
        reject(signal.reason);
      });
      send({ id, method, params });
      return Promise.race([promise, ended.promise]);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
    },
  };
  await front.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
  send({ method: "notifications/initialized" });
  return front;
}
