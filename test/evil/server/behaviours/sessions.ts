import type { Message } from "../../../support/message.ts";
import { type Behaviour, isCall, isMischief } from "../behaviour.ts";
import { Session, sessionHeader } from "../http-session.ts";
import type { Wire } from "../wire.ts";

/** HTTP servers that keep sessions, and what can be wrong with those. */
export const sessions = {
  "large-session-id": names("HTTP: a session id of 10 KB", "x".repeat(10_240)),
  "unicode-session-id": names("HTTP: a session id in Cyrillic", Buffer.from("сеанс").toString("latin1")),
  "spaced-session-id": names("HTTP: a session id with a space and a tab", "a b\tc"),
  "broken-session-id": {
    what: "HTTP: a session id with a line end",
    receive(message, wire, server) {
      if (message.method !== "initialize" || !wire.http) return server.receive(message, wire);
      const { socket } = wire.http.request;
      socket.end(
        `HTTP/1.1 200 OK\r\nconnection: close\r\n${sessionHeader}: a\rb\r\ncontent-length: 0\r\n\r\n`,
      );
    },
  },
  "moving-session": keeper("HTTP: names another session with each result", (session, message, wire) => {
    if (isCall(message)) session.begin(wire);
  }),
  "short-sessions": keeper("HTTP: forgets each session after five calls", (session) => {
    if (session.calls === 5) session.end();
  }),
  "other-version": otherVersion(),
} satisfies Record<string, Behaviour>;

function names(what: string, id: string): Behaviour {
  return {
    what,
    receive(message, wire, server) {
      if (message.method === "initialize") wire.http?.response.setHeader(sessionHeader, id);
      server.receive(message, wire);
    },
  };
}

/** `trick` comes between a message of the session and its answer. */
function keeper(what: string, trick: (session: Session, message: Message, wire: Wire) => void): Behaviour {
  const session = new Session();
  return {
    what,
    receive(message, wire, server) {
      if (!session.takes(message, wire)) return;
      trick(session, message, wire);
      server.receive(message, wire);
    },
  };
}

function otherVersion(): Behaviour {
  const session = new Session();
  let protocolVersion = "2025-11-25";
  return {
    what: "HTTP: speaks another revision when it begins anew",
    receive(message, wire, server) {
      if (!session.takes(message, wire)) return;
      const isGreeting = message.method === "initialize";
      server.receive(isGreeting ? { ...message, params: { protocolVersion } } : message, wire);
      if (!isMischief(message)) return;
      protocolVersion = "2025-03-26";
      session.end();
    },
  };
}
