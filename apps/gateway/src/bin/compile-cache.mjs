// Keeps what the engine made of the code for the next start. In a folder of this user's own: who writes there runs here.
import module from "node:module";
import { join } from "node:path";

/** The first answers are given by then, and what they needed is compiled. */
const KEEP_AFTER_MS = 5_000;

const { XDG_CACHE_HOME, HOME } = process.env;
const folder = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
if (folder) {
  module.enableCompileCache?.(join(folder, "omg"));
  // Node keeps it when a process ends. One that is killed never does, and one that runs for long has dropped what began it.
  setTimeout(() => module.flushCompileCache?.(), KEEP_AFTER_MS).unref();
}
