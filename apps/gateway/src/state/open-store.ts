import { join } from "node:path";
import type { StateStore } from "@omg/core";
import { fileStore, removeForgotten } from "./file-store.ts";
import { stateFolder } from "./state-folder.ts";

/** Whoever starts a gateway waits for its first answer, not for this. */
const tidyAfterMs = 60_000;

/** The store of this user's gateways. Undefined for a user without a home. */
export function openStore(): StateStore | undefined {
  const state = stateFolder();
  if (state === undefined) return undefined;
  const folder = join(state, "store");
  setTimeout(() => void removeForgotten(folder), tidyAfterMs).unref();
  return fileStore(folder);
}
