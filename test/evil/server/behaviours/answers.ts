import { type Behaviour, isCall } from "../behaviour.ts";

/** Servers whose answers are not what they should be. */
export const answers = {
  "never-answers": {
    what: "a tool never returns",
    receive(message, wire, server) {
      if (isCall(message) && message.params?.name === "echo") server.received.push("tools/call");
      else server.receive(message, wire);
    },
  },
  "result-and-error": {
    what: "answers with a result and an error at once",
    receive(message, wire, server) {
      if (!isCall(message)) return server.receive(message, wire);
      wire.send({ jsonrpc: "2.0", id: message.id, result: {}, error: { code: 1, message: "no" } });
    },
  },
} satisfies Record<string, Behaviour>;
