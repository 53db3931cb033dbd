import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import type { Behaviour } from "../behaviour.ts";
import { echoed } from "../honest.ts";
import { inEcho } from "../in-calls.ts";

const mark = process.argv.at(-1) ?? "";
let echoes = 0;

/** Servers that end when they should not, or do not when they should. */
export const endings = {
  "closes-stdout": {
    what: "closes its stdout and lives on",
    receive: inEcho(() => {
      setInterval(() => {}, 60_000);
      closeSync(1);
    }),
  },
  "ignores-end": {
    what: "ignores the end of its input",
    ignoresEnd: true,
  },
  "ignores-signals": {
    what: "ignores the end of its input and SIGTERM",
    ignoresEnd: true,
    begin: () => void process.on("SIGTERM", () => {}),
  },
  "leaves-a-child": {
    what: "dies in a call while a child of it holds its stdout",
    receive: inEcho(() => {
      startGrandchild("inherit", () => process.exit(1));
    }),
  },
  "hides-a-child": {
    what: "has a child in a session and group of its own",
    receive: inEcho((message, wire) => {
      startGrandchild("ignore", () => wire.send(echoed(message)));
    }),
  },
  "cuts-every-second": {
    what: "breaks off every second call",
    receive: inEcho((message, wire, server) => {
      if (++echoes % 2 === 0) wire.cut();
      else server.receive(message, wire);
    }),
  },
  "cuts-always": {
    what: "breaks off every call",
    receive: inEcho((_, wire) => wire.cut()),
  },
} satisfies Record<string, Behaviour>;

/** With "ignore" it is nobody's child: its parent forks it in a new session and ends. */
function startGrandchild(stdio: "inherit" | "ignore", onStarted: () => void): void {
  const options = { stdio, env: { ...process.env, EVIL_GRANDCHILD: mark } };
  if (stdio === "inherit") spawn("sleep", ["1000"], options).once("spawn", onStarted);
  else spawn("sh", ["-c", "sleep 1000 &"], { ...options, detached: true }).once("exit", onStarted);
}
