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
  banner: {
    what: "writes a banner and warnings ahead of JSON",
    begin() {
      process.stdout.write("Welcome to the server!\n\nnpm warn deprecated left-pad\n{not json\n");
    },
  },
} satisfies Record<string, Behaviour>;
