import { promises } from "node:fs";
import { join } from "node:path";
import type { PinLock, PinPolicy, ServerConfig, ServerPins } from "@omg/core";
import { type Diagnostic, formatLock, type Locate, type ParsedLock, parseLock } from "@omg/core/config";
import { ConfigFiles } from "../configuration/config-files.ts";
import { ConfigurationRefused } from "../configuration/configuration-refused.ts";
import { displayPath } from "../configuration/display-path.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { replaceFile } from "../state/replace-file.ts";

const fileName = "omg.lock.yaml";

/** The lock stands beside the file that names the catalog: config.yaml, or the catalog itself that a flag names. */
export function lockPathIn(folder: string): string {
  return join(folder, fileName);
}

/** Reads the lock; if there is none, nothing is pinned. Never throws: what is wrong with it is a diagnostic. */
export function readLock(files: ConfigFiles, path: string): ParsedLock {
  const file = displayPath(path);
  try {
    return parseLock(files.read(path), file);
  } catch (error) {
    const { message, cause } = error as Error;
    if ((cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
      return { lock: { servers: new Map() }, diagnostics: [] };
    }
    const said = `The lock file ${file} can not be read: ${message}`;
    const diagnostic: Diagnostic = { severity: "error", message: said, file, line: 1, column: 1 };
    const problem = `its pins can not be read: ${file}: ${message}`;
    return { lock: { servers: new Map(), problem }, diagnostics: [diagnostic] };
  }
}

/** What there is to say of a lock: errors of the servers that depend on it, else only warnings. */
export function lockDiagnostics(
  { lock, diagnostics }: ParsedLock,
  servers: readonly ServerConfig[],
  policy: PinPolicy,
  locate: Locate,
): Diagnostic[] {
  const dependent = servers.filter(({ pins = policy }) => pins === "block").map(({ id }) => id);
  if (diagnostics.length > 0) {
    if (dependent.length === 0) return diagnostics.map((item) => ({ ...item, severity: "warning" }));
    return dependent.flatMap((server) => diagnostics.map((item) => ({ ...item, server })));
  }
  return dependent
    .filter((id) => !lock.servers.has(id))
    .map((id) => ({
      severity: "warning",
      message: `Server '${id}' has pins: block, and none of its tools is pinned: none can be used`,
      hint: `look at them and pin them: omg pin ${id}`,
      server: id,
      ...locate(id, ["pins"]),
    }));
}

/** The lock, for who wants to change it. Throws `ConfigurationRefused` when it can not be read. */
export function soundLock(path: string): PinLock {
  const { lock, diagnostics } = readLock(new ConfigFiles(), path);
  if (diagnostics.length > 0) throw new ConfigurationRefused(diagnostics);
  return lock;
}

/** Puts the pins of some servers into the lock; those of others stay. */
export async function writePins(path: string, pins: ReadonlyMap<string, ServerPins>): Promise<void> {
  // Read anew: to ask the servers took a while.
  const text = formatLock({ servers: new Map([...soundLock(path).servers, ...pins]) });
  const { lock } = parseLock(text, displayPath(path));
  if (lock.problem !== undefined) throw notWritten(path, lock.problem);
  try {
    await replaceFile(await promises.realpath(path).catch(() => path), text, 0o644);
  } catch (error) {
    throw notWritten(path, (error as Error).message);
  }
}

function notWritten(path: string, why: string): CommandFailure {
  return new CommandFailure(
    exitCodes.failed,
    `error: The lock file ${displayPath(path)} can not be written: ${why}`,
  );
}
