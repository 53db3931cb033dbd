import { join } from "node:path";
import type { StateStore } from "@omg/core";
import { fileStore, removeForgotten } from "./file-store.ts";
import { stateFolder } from "./state-folder.ts";

/** The store of this user's gateways. Undefined for a user without a home. */
export function openStore(): StateStore | undefined {
  const state = stateFolder();
  if (state === undefined) return undefined;
  const folder = join(state, "store");
  void removeForgotten(folder);
  return fileStore(folder);
}
