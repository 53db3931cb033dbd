import { createInterface } from "node:readline";
import type { Message } from "../../support/message.ts";
import type { Behaviour } from "./behaviour.ts";
import { Honest } from "./honest.ts";
import type { Wire } from "./wire.ts";

export function serveStdio(behaviour: Behaviour): void {
  const server = new Honest();
  const wire: Wire = {
    send: (message) => void process.stdout.write(`${JSON.stringify(message)}\n`),
    raw: (bytes) => void process.stdout.write(bytes),
    cut: () => process.exit(1),
  };
  process.stdout.on("error", () => {});
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if (behaviour.receive) behaviour.receive(message, wire, server);
    else server.receive(message, wire);
    if (message.method === "notifications/initialized") behaviour.opened?.(wire, server);
  });
  lines.on("close", () => {
    if (behaviour.ignoresEnd) setInterval(() => {}, 60_000);
    else process.exit(0);
  });
}
