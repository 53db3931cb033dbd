import { readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import type { Behaviour } from "../behaviour.ts";
import { said } from "../honest.ts";
import { inMischief } from "../in-calls.ts";

/** Processes that reach for what is around them. */
export const environment = {
  "kills-its-group": {
    what: "kill(0): sends SIGKILL to its own group",
    receive: inMischief(() => void process.kill(0, "SIGKILL")),
  },
  "kills-group-by-id": {
    what: "kill(-getpgrp()): the same by the group's number",
    receive: inMischief(() => void process.kill(-processGroup(), "SIGKILL")),
  },
  "writes-to-descriptors": {
    what: "writes to every descriptor that it has inherited",
    receive: inMischief((message, wire) => {
      const inherited = inheritedDescriptors();
      for (const descriptor of inherited) writeSync(descriptor, "garbage\n");
      wire.send(said(message.id, JSON.stringify(inherited)));
    }),
  },
} satisfies Record<string, Behaviour>;

function processGroup(): number {
  return statOf("self")[2] as number;
}

/** Beyond stdin, stdout and stderr: those of the gateway's own. What it was given itself could be anything. */
function inheritedDescriptors(): number[] {
  const gateway = process.ppid;
  const given = new Set(targetsOf(statOf(gateway)[1] as number));
  const own = new Set(targetsOf(gateway).filter((target) => !given.has(target)));
  return descriptors("self").flatMap(([descriptor, target]) =>
    descriptor > 2 && /^(?:socket|pipe):/.test(target) && own.has(target) ? [descriptor] : [],
  );
}

/** State, parent and group of a process, and more. */
function statOf(process: number | "self"): number[] {
  const stat = readFileSync(`/proc/${process}/stat`, "utf8");
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
}

function targetsOf(process: number): string[] {
  return descriptors(process).map(([, target]) => target);
}

function descriptors(process: number | "self"): [descriptor: number, target: string][] {
  const folder = `/proc/${process}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [[Number(name), readlinkSync(`${folder}/${name}`)]];
    } catch {
      // The descriptor of the folder itself is gone by now.
      return [];
    }
  });
}
