import { join } from "node:path";
import { homeDirectory } from "../home-directory.ts";

/** Where gateways keep what outlives them: `$XDG_STATE_HOME/omg`, else `~/.local/state/omg`. Undefined without a home. */
export function stateFolder(): string | undefined {
  const home = homeDirectory();
  const state = process.env.XDG_STATE_HOME || (home && join(home, ".local", "state"));
  return state && join(state, "omg");
}
