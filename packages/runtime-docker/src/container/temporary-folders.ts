import { posix } from "node:path";
import type { MountSettings } from "dockerode";
import type { EngineImage } from "../engine/engine.ts";

export interface TemporaryFolderParts {
  /** What the entry asks for: `path`, or `path:option,option`. */
  readonly tmpfs: readonly string[];
  readonly image: EngineImage;
  readonly mounts: readonly MountSettings[];
}

const defaults = ["rw", "noexec", "nosuid", "nodev", "size=64m", "mode=1777"];

/**
 * The folders of a container that are memory, with their mount options. Volumes that an image wants for itself are among them:
 * else they would be a disk without a limit.
 */
export function temporaryFolders({ tmpfs, image, mounts }: TemporaryFolderParts): Record<string, string> {
  const folders: Record<string, string> = {};
  for (const path of ["/tmp", ...image.volumes]) folders[asMounted(path)] = defaults.join(",");
  for (const { Target } of mounts) delete folders[asMounted(Target)];
  for (const text of tmpfs) {
    const [path = "", options = ""] = text.split(":");
    folders[asMounted(path)] = withDefaults(options.split(",").filter(Boolean)).join(",");
  }
  return folders;
}

/** What is not named stays as it is: who wants to run programs has not asked for endless room. */
function withDefaults(chosen: readonly string[]): string[] {
  const isChosen = new Set(chosen.map(subjectOf));
  return [...defaults.filter((option) => !isChosen.has(subjectOf(option))), ...chosen];
}

/** The same for an option and its opposite. */
function subjectOf(option: string): string {
  const [name = ""] = option.split("=");
  return name === "ro" ? "rw" : name.replace(/^no/, "");
}

/** Engines take `/data/` for `/data` where they mount it, but not where they look whether something is mounted there. */
function asMounted(path: string): string {
  return posix.resolve("/", path);
}
