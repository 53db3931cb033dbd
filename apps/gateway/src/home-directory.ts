import { homedir } from "node:os";

/** The user's home. A user of a container may have none. */
export function homeDirectory(): string | undefined {
  if (process.env.HOME) return process.env.HOME;
  try {
    return homedir() || undefined;
  } catch {
    // The user id has no entry in the system's list of users.
    return undefined;
  }
}
