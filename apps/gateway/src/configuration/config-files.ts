import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import type { ReferenceSources } from "@omg/core/config";
import { resolvePath } from "./find-config.ts";

/** A configuration is read whole; beyond this the parser refuses it. */
const maxConfigBytes = 1024 * 1024;
/** A secret is short; this is for a key file, not for data. */
const maxSecretBytes = 64 * 1024;

interface SeenFile {
  readonly maxBytes: number;
  /** Of its content; empty for a file that could not be read. */
  readonly digest: string;
  /** Of the write that made it what it is. */
  readonly stamp: string;
}

/** Reads the files of a configuration and remembers what it saw, so that a change can be told. */
export class ConfigFiles {
  readonly #seen = new Map<string, SeenFile>();

  /** Every file that was asked for, whether it could be read or not. */
  get paths(): string[] {
    return [...this.#seen.keys()];
  }

  /** Equal for equal contents of the same files. */
  get digest(): string {
    return this.#combined(({ digest }) => digest);
  }

  /** Different after every write, also one that leaves the contents as they were. */
  get stamp(): string {
    return this.#combined(({ stamp }) => stamp);
  }

  /** The text of a file. Throws an error whose message says why it can not be had. */
  read(path: string, maxBytes = maxConfigBytes): string {
    this.#seen.set(path, { maxBytes, digest: "", stamp: "" });
    // Before the content: a write in between then shows at the next look.
    const stamp = fileStamp(path);
    const text = readRegularFile(path, maxBytes);
    this.#seen.set(path, { maxBytes, digest: digestOf(text), stamp });
    return text;
  }

  /** The same files as they are now. */
  readAgain(): ConfigFiles {
    const now = new ConfigFiles();
    for (const [path, { maxBytes }] of this.#seen) {
      try {
        now.read(path, maxBytes);
      } catch {
        // It has been noted as a file that can not be read.
      }
    }
    return now;
  }

  #combined(part: (file: SeenFile) => string): string {
    const parts = [...this.#seen].map(([path, file]) => `${path}\0${part(file)}`);
    return digestOf(parts.sort().join("\0"));
  }

  /** Variables of this process, and files relative to the folder of the file that names them. */
  references(folder: string): ReferenceSources {
    return {
      variable: (name) => (Object.hasOwn(process.env, name) ? process.env[name] : undefined),
      file: (written) => {
        try {
          return this.read(resolvePath(written, folder), maxSecretBytes);
        } catch (error) {
          throw new Error(`The file ${written} can not be read: ${(error as Error).message}`);
        }
      },
    };
  }
}

/** What changes when a file is written, replaced, or reached by another way. Never throws: an error is a stamp too. */
export function fileStamp(path: string): string {
  try {
    const { dev, ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${mtimeNs}:${size}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it does not exist",
  EISDIR: "it is a folder",
  EACCES: "this user has no permission to",
  EAGAIN: "it has no content now, and may never have any",
  ELOOP: "its links lead in a circle",
};

/** A device or a pipe might never end, and opening one may do something: it is looked at before, and once more when open. */
function readRegularFile(path: string, maxBytes: number): string {
  try {
    checkRegular(statSync(path), maxBytes);
    // Some files of the system wait for content that may never come; without waiting, they fail.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      checkRegular(fstatSync(file), maxBytes);
      return readAtMost(file, maxBytes);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new Error(unreadable[code] ?? message, { cause: error });
  }
}

function checkRegular(stats: Stats, maxBytes: number): void {
  if (stats.isDirectory()) throw new Error("it is a folder");
  if (!stats.isFile()) throw new Error("it is no regular file");
  if (stats.size > maxBytes) throw tooLarge(maxBytes);
}

/** Reads to the end, whatever size the file was said to have. */
function readAtMost(file: number, maxBytes: number): string {
  const bytes = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length <= maxBytes; length += read) {
    read = readSync(file, bytes, length, bytes.length - length, null);
  }
  if (length > maxBytes) throw tooLarge(maxBytes);
  return bytes.toString("utf8", 0, length);
}

function tooLarge(maxBytes: number): Error {
  return new Error(`it is larger than ${maxBytes} bytes`);
}
