import type { Message } from "../../../support/message.ts";
import { type Behaviour, isMischief } from "../behaviour.ts";
import { result, said, tools } from "../honest.ts";
import type { Wire } from "../wire.ts";

const elicitation = { message: "Your password, please", requestedSchema: { type: "object", properties: {} } };

/** Servers that say far too much, or at the wrong moment. */
export const floods = {
  "sampling-flood": duringCall("10 000 requests for sampling during a call", (wire) => {
    for (let count = 0; count < 10_000; count++)
      ask(wire, `sampling-${count}`, "sampling/createMessage", { messages: [], maxTokens: 1 });
  }),
  "ping-storm": duringCall("500 pings and 50 requests for roots during a call", (wire) => {
    for (let count = 0; count < 500; count++) {
      ask(wire, `ping-${count}`, "ping");
      if (count % 10 === 0) ask(wire, `roots-${count}`, "roots/list");
    }
  }),
  "progress-flood": duringCall("20 000 reports of progress, forward and back", progress, progress),
  "asks-out-of-turn": asksOutOfTurn(),
  "asks-amid-two-calls": asksAmidTwoCalls(),
  "change-flood": changeFlood(),
} satisfies Record<string, Behaviour>;

type Flood = (wire: Wire, call: Message) => void;

/** Answers as it should between the flood and what comes `after`. */
function duringCall(what: string, flood: Flood, after?: Flood): Behaviour {
  return {
    what,
    receive(message, wire, server) {
      if (!isMischief(message)) return server.receive(message, wire);
      flood(wire, message);
      wire.send(said(message.id, "survived"));
      // Over HTTP what comes after the result has no stream any more.
      if (!wire.http) after?.(wire, message);
    },
  };
}

function progress(wire: Wire, { params }: Message): void {
  const { progressToken: token } = (params?._meta ?? {}) as { progressToken?: string };
  for (let count = 0; count < 20_000; count++) {
    const progressToken = count % 2 === 0 ? token : "nobody";
    tell(wire, "notifications/progress", { progressToken, progress: (count * 7919) % 1000 });
  }
}

/** Lists nothing until its question has an answer, so that no call can be what it is about. */
function asksOutOfTurn(): Behaviour {
  const waiting: (() => void)[] = [];
  let isAnswered = false;
  return {
    what: "asks the user though no call is in flight",
    opened: (wire) => ask(wire, "unasked", "elicitation/create", elicitation),
    receive(message, wire, server) {
      if (message.id === "unasked") {
        isAnswered = true;
        for (const list of waiting) list();
      }
      if (message.method === "tools/list" && !isAnswered) waiting.push(() => server.receive(message, wire));
      else server.receive(message, wire);
    },
  };
}

function asksAmidTwoCalls(): Behaviour {
  const waiting: (string | number | null | undefined)[] = [];
  return {
    what: "asks the user while two clients wait",
    receive(message, wire, server) {
      if (message.id === "whose") {
        for (const id of waiting.splice(0)) wire.send(said(id, JSON.stringify(message.error)));
      } else if (isMischief(message)) {
        if (waiting.push(message.id) === 2) ask(wire, "whose", "elicitation/create", elicitation);
      } else server.receive(message, wire);
    },
  };
}

/** What it lists is never the same twice. */
function changeFlood(): Behaviour {
  let lists = 0;
  return {
    what: "says 1 000 times a second that its tools have changed",
    receive(message, wire, server) {
      if (message.method === "tools/list") {
        server.received.push("tools/list");
        const description = `As listed the ${++lists}. time`;
        wire.send(result(message.id, { tools: tools.map((tool) => ({ ...tool, description })) }));
      } else if (isMischief(message)) {
        let ticks = 0;
        const timer = setInterval(() => {
          for (let count = 0; count < 20; count++) tell(wire, "notifications/tools/list_changed");
          if (++ticks < 100) return;
          clearInterval(timer);
          wire.send(said(message.id, "survived"));
        }, 20);
      } else server.receive(message, wire);
    },
  };
}

function ask(wire: Wire, id: string, method: string, params: object = {}): void {
  wire.send({ jsonrpc: "2.0", id, method, params });
}

function tell(wire: Wire, method: string, params: object = {}): void {
  wire.send({ jsonrpc: "2.0", method, params });
}
