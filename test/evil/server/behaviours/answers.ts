import type { Behaviour } from "../behaviour.ts";
import { framed } from "../framed.ts";
import { echoed } from "../honest.ts";
import { inEcho } from "../in-calls.ts";

const notice = { jsonrpc: "2.0", method: "notifications/message", params: { level: "debug", data: "noise" } };
let answerLate = () => {};

/** Servers whose answers are not what they should be. */
export const answers = {
  "never-answers": {
    what: "a tool never returns",
    receive: inEcho(({ method = "" }, _, server) => void server.received.push(method)),
  },
  "answers-late": {
    what: "answers when the call was given up",
    receive(message, wire, server) {
      inEcho(() => {
        answerLate = () => wire.send(echoed(message));
      })(message, wire, server);
      if (message.method === "notifications/cancelled") answerLate();
    },
  },
  "wrong-id": {
    what: "answers under another id",
    receive: inEcho((message, wire) => wire.send({ ...echoed(message), id: Number(message.id) + 1000 })),
  },
  "wrong-ids": {
    what: "answers 150 times what it was not asked",
    receive: inEcho((message, wire) => {
      for (let count = 1; count <= 150; count++)
        wire.send({ ...echoed(message), id: Number(message.id) + 1000 + count });
    }),
  },
  "text-id": {
    what: "answers under its id as a text",
    receive: inEcho((message, wire) => wire.send({ ...echoed(message), id: String(message.id) })),
  },
  "answers-twice": {
    what: "answers a call twice",
    receive: inEcho((message, wire) => {
      const second = { jsonrpc: "2.0", id: message.id, error: { code: 1, message: "second" } };
      wire.send(notice);
      wire.raw(framed(echoed(message), wire) + framed(second, wire));
    }),
  },
  "result-and-error": {
    what: "answers with a result and an error at once",
    receive: inEcho((message, wire) => {
      wire.send({ ...echoed(message), error: { code: 1, message: "no" } });
    }),
  },
  "neither-result-nor-error": {
    what: "answers with neither a result nor an error",
    receive: inEcho(({ id }, wire) => wire.send({ jsonrpc: "2.0", id })),
  },
  "jsonrpc-1": {
    what: "answers in JSON-RPC 1.0",
    receive: inEcho((message, wire) => wire.send({ ...echoed(message), jsonrpc: "1.0" })),
  },
  "guesses-ids": {
    what: "answers under ids that others' calls may have",
    receive: inEcho((message, wire) => {
      const near = Array.from({ length: 10 }, (_, index) => Number(message.id) + index - 5);
      const small = Array.from({ length: 20 }, (_, index) => index);
      for (const id of [...small, ...near]) {
        if (id !== message.id) wire.send({ ...echoed(message), id });
      }
      wire.send(echoed(message));
    }),
  },
  "batches-of-2025-03": {
    what: "answers in a batch, as 2025-03-26 lets it",
    receive(message, wire, server) {
      const older = { ...message, params: { ...message.params, protocolVersion: "2025-03-26" } };
      if (message.method === "initialize") server.receive(older, wire);
      else answerInBatch(message, wire, server);
    },
  },
  "batches-of-today": {
    what: "answers in a batch, which its revision does not know",
    receive: (message, wire, server) => answerInBatch(message, wire, server),
  },
  "text-code": {
    what: "answers with an error whose code is a text",
    receive: inEcho(({ id }, wire) => {
      wire.send({ jsonrpc: "2.0", id, error: { code: "E_NO", message: "no" } });
    }),
  },
  "huge-error": {
    what: "answers with an error of 10 MB",
    receive: inEcho(({ id }, wire) => {
      wire.send({ jsonrpc: "2.0", id, error: { code: 1, message: "x".repeat(10_000_000) } });
    }),
  },
  "deep-error": {
    what: "answers with an error that is nested 10 000 levels deep",
    receive: inEcho(({ id }, wire) => {
      const data = "[".repeat(10_000) + "]".repeat(10_000);
      const flat = { jsonrpc: "2.0", id, error: { code: 1, message: "no", data: 0 } };
      wire.send(notice);
      wire.raw(framed(flat, wire).replace('"data":0', `"data":${data}`));
    }),
  },
} satisfies Record<string, Behaviour>;

const answerInBatch = inEcho((message, wire) => {
  wire.send(notice);
  wire.raw(framed([notice, echoed(message)], wire));
});
