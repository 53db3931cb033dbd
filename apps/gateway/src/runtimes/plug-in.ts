import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { RuntimeV1 } from "@omg/core";
import { resolve } from "import-meta-resolve";
import { notePlugIn } from "./plug-in-faults.ts";

/** A package with runtimes that is not ours. */
export interface PlugIn {
  /** An npm package, or a file whose path starts with ./, ../ or /. */
  readonly name: string;
  /** The folder of the configuration, from which it is found. */
  readonly folder: string;
}

/** What a module does while it is loaded may take for ever. */
const importMs = 10_000;

/** Its runtimes, of which nothing has been asked yet. Rejects with an `Error` that says in a sentence why there are none. */
export async function loadPlugIn(plugIn: PlugIn): Promise<RuntimeV1[]> {
  const address = addressOf(plugIn);
  notePlugIn(plugIn.name, address);
  const exported = await imported(address, plugIn);
  if (typeof exported.default !== "function")
    throw unusable(plugIn, "its default export is no function that makes runtimes");
  const runtimes: unknown[] = [made(exported.default as Factory, plugIn)].flat();
  if (runtimes.every(isRuntime)) return runtimes;
  throw unusable(plugIn, "what its default export makes is no runtime: it has no name and specVersion");
}

type Factory = (options: { hostEnv: NodeJS.ProcessEnv }) => unknown;

function addressOf(plugIn: PlugIn): string {
  const { name, folder } = plugIn;
  const isPath = /^\.{0,2}\//.test(name);
  try {
    const wanted = isPath ? pathToFileURL(resolvedPath(plugIn)).href : name;
    const address = resolve(wanted, pathToFileURL(join(folder, "config.yaml")).href);
    if (statSync(new URL(address)).isFile()) return address;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "ENOENT") throw unusable(plugIn, wordsOf(error));
  }
  throw new Error(
    isPath
      ? `there is no file ${resolvedPath(plugIn)}`
      : `${name} is not installed; install it in ${folder} with: npm install ${name}`,
  );
}

function resolvedPath({ name, folder }: PlugIn): string {
  return name.startsWith("/") ? name : join(folder, name);
}

async function imported(address: string, plugIn: PlugIn): Promise<{ readonly default?: unknown }> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(unusable(plugIn, `it was not loaded within ${importMs / 1000} s`));
  }, importMs);
  try {
    return await Promise.race([import(address), late.promise]);
  } catch (error) {
    throw error instanceof Unusable ? error : unusable(plugIn, wordsOf(error));
  } finally {
    clearTimeout(timer);
  }
}

function made(factory: Factory, plugIn: PlugIn): unknown {
  try {
    return factory({ hostEnv: process.env });
  } catch (error) {
    throw unusable(plugIn, wordsOf(error));
  }
}

/** What must be so before its version is known. */
function isRuntime(made: unknown): made is RuntimeV1 {
  const { name, specVersion } = (made ?? {}) as { readonly name?: unknown; readonly specVersion?: unknown };
  return typeof name === "string" && typeof specVersion === "string";
}

class Unusable extends Error {}

function unusable({ name }: PlugIn, why: string): Unusable {
  return new Unusable(`${name} can not be used: ${why}`);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
