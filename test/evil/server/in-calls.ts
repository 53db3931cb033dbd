import { type Behaviour, isCall, isMischief } from "./behaviour.ts";

type Receive = NonNullable<Behaviour["receive"]>;

/** Evil in its answers to calls of the tool `echo` only. */
export function inEcho(answer: Receive): Receive {
  return (message, wire, server) => {
    const isEcho = isCall(message) && message.params?.name === "echo";
    if (isEcho) answer(message, wire, server);
    else server.receive(message, wire);
  };
}

/** Evil when it is asked to be, and only then. */
export function inMischief(answer: Receive): Receive {
  return (message, wire, server) => {
    if (isMischief(message)) answer(message, wire, server);
    else server.receive(message, wire);
  };
}
