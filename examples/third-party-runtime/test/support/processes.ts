import { readdirSync, readFileSync } from "node:fs";

export interface Process {
  readonly pid: number;
  readonly command: string;
  /** The session it is in, by the process that began it. */
  readonly session: number;
}

/** The processes that carry a word in their command or environment: both sides of a test's connections are this machine. */
export function processesWith(word: string): Process[] {
  return processes().filter(
    ({ pid, command }) => command.includes(word) || read(pid, "environ").includes(word),
  );
}

/** All living processes of this machine but this one. */
export function processes(): Process[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid)
    .flatMap((pid) => {
      // The program's name stands in parentheses, and may itself hold some.
      const [state, , , session] = read(pid, "stat")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (state === "" || state === "Z") return [];
      return [{ pid, command: read(pid, "cmdline").replaceAll("\0", " "), session: Number(session) }];
    });
}

/** Where in the kernel a process waits. */
export function waitsIn(pid: number): string {
  return read(pid, "wchan");
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
