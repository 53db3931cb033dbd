import { type ChildProcess, spawn } from "node:child_process";
import { openSync, writeSync } from "node:fs";
import type { Behaviour } from "../behaviour.ts";
import { said } from "../honest.ts";
import { inMischief } from "../in-calls.ts";

const megabyte = Buffer.alloc(1 << 20, "x");
const tenGigabytes = 10_240;
/** A shell that may not fork ends, and another one takes its place, but all may end at once. */
const bomb = "bomb() { while :; do bomb & done; }; bomb";
const relightMs = 10;
const folders = ["/tmp", "/dev/shm", "/", "/evil"];

/** Lights the bomb, and again when it has burnt out or there is no room for it. */
function light(): ChildProcess {
  const relight = () => setTimeout(light, relightMs);
  return spawn("sh", ["-c", bomb], { stdio: "ignore" }).once("exit", relight).once("error", relight);
}

/** Servers that want more than their container may have, or end as containers do. */
export const containers = {
  "fork-bomb": {
    what: "is a fork bomb",
    receive: inMischief((message, wire) => {
      light().once("spawn", () => wire.send(said(message.id, "the bomb is lit")));
    }),
  },
  "takes-memory": {
    what: "takes 10 GB of memory",
    receive: inMischief((message, wire) => {
      const taken = Array.from({ length: tenGigabytes }, () => Buffer.from(megabyte));
      wire.send(said(message.id, `took ${taken.length} MB`));
    }),
  },
  "fills-its-disk": {
    what: "writes 10 GB wherever it can",
    receive: inMischief((message, wire) => {
      wire.send(said(message.id, folders.map((folder) => `${folder}: ${fill(folder)}`).join(", ")));
    }),
  },
  "exits-with-137": {
    what: "exits as if it was killed",
    receive: inMischief(() => process.exit(137)),
  },
  "exits-with-143": {
    what: "exits as if it was asked to end",
    receive: inMischief(() => process.exit(143)),
  },
} satisfies Record<string, Behaviour>;

/** Gives what the system said in the end, and after how many megabytes. */
function fill(folder: string): string {
  let written = 0;
  try {
    const file = openSync(`${folder}/filling`, "w");
    while (written < tenGigabytes * megabyte.length) written += writeSync(file, megabyte);
    return "no end";
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code} after ${written / megabyte.length} MB`;
  }
}
