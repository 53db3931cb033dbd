import { lstatSync, readlinkSync } from "node:fs";
import { basename, dirname, join, parse, resolve, sep } from "node:path";
import type { FSWatcher } from "chokidar";
import { fileStamp } from "../configuration/config-files.ts";

export interface FileWatchOptions {
  /** The files to watch, as they are now. Asked again after each hint. */
  readonly paths: () => readonly string[];
  /** One of the files may have changed, come or gone. Comes too often rather than too seldom. */
  readonly onHint: () => void;
  /** The system does not tell of changes; they are noticed by looking every few seconds. */
  readonly onLost: (why: string) => void;
}

export interface FileWatch {
  /** Watches what `paths` gives now. */
  refresh(): void;
  close(): Promise<void>;
}

const pollMs = 5000;

/**
 * Watches files by the folders they are in, so that editors may replace them, and the links that lead to them, so that
 * these may be turned. Looks at the files every five seconds as well: some file systems tell nothing.
 */
export async function watchFiles({ paths, onHint, onLost }: FileWatchOptions): Promise<FileWatch> {
  const { watch } = await import("chokidar");
  let watched = "";
  let names = new Set<string>();
  let watcher: FSWatcher | undefined;
  let lost = false;

  function lose(error: unknown): void {
    if (!lost) onLost(error instanceof Error ? error.message : String(error));
    lost = true;
  }

  function refresh(): void {
    const steps = paths().flatMap(stepsTo);
    const key = steps.join("\0");
    if (key === watched) return;
    watched = key;
    names = new Set(steps.map((step) => basename(step)));
    const folders = new Set(steps.map((step) => dirname(step)));
    const interesting = new Set([...steps, ...folders]);
    void watcher?.close();
    watcher = watch([...folders], {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path) => !interesting.has(resolve(path)),
    });
    watcher.on("all", onHint);
    // Of what happens in a folder, also what the watcher makes nothing of.
    watcher.on("raw", (_event, path) => names.has(basename(String(path))) && onHint());
    watcher.on("error", lose);
    // What changed before it was watching.
    watcher.on("ready", onHint);
  }

  let before = paths().map(fileStamp).join();
  const timer = setInterval(() => {
    const now = paths().map(fileStamp).join();
    if (now !== before) onHint();
    before = now;
  }, pollMs);
  timer.unref();
  refresh();
  return {
    refresh,
    async close() {
      clearInterval(timer);
      await watcher?.close();
    },
  };
}

const maxLinks = 40;

/** Every link on the way to a file, and the file itself at the end. */
function stepsTo(path: string): string[] {
  const steps: string[] = [];
  let { root: at } = parse(resolve(path));
  const rest = resolve(path).slice(at.length).split(sep);
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    at = join(at, next);
    const link = steps.length < maxLinks && linkAt(at);
    if (!link) continue;
    steps.push(at);
    const target = resolve(dirname(at), link);
    at = parse(target).root;
    rest.unshift(...target.slice(at.length).split(sep));
  }
  return [...steps, at];
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
