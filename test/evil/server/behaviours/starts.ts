import type { Behaviour } from "../behaviour.ts";

/** Servers that are trouble from their first moment. */
export const starts = {
  "never-ready": {
    what: "never answers initialize",
    receive() {},
  },
  "exits-at-once": {
    what: 'exits with code 1 at once, with "boom" on stderr',
    begin() {
      process.stderr.write("boom\n", () => process.exit(1));
      process.exitCode = 1;
    },
  },
  "dies-when-ready": {
    what: "answers initialize and dies on initialized, always",
    receive(message, wire, server) {
      if (message.method === "notifications/initialized") process.exit(1);
      server.receive(message, wire);
    },
  },
} satisfies Record<string, Behaviour>;
