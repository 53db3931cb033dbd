// Keeps what the engine made of the code for the next start. In a folder of this user's own: who writes there runs here.
import module from "node:module";
import { join } from "node:path";

const { XDG_CACHE_HOME, HOME } = process.env;
const folder = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
if (folder) module.enableCompileCache?.(join(folder, "omg"));
