import type { RuntimeFactoryOptions, RuntimeV1, ServerConfig } from "@omg/core";

/** Which of our packages brings a runtime type. */
const packages: Readonly<Record<string, string>> = {
  "local-process": "@omg/runtime-local",
  "remote-sse": "@omg/runtime-sse",
  remote: "@omg/runtime-sse",
  docker: "@omg/runtime-docker",
  "k8s-job": "@omg/runtime-k8s",
  "k8s-service": "@omg/runtime-k8s",
};

/** The runtimes of others that a configuration lists. */
export interface PlugIns {
  /** Packages, or paths of files, by the type that entries name. */
  readonly listed: Readonly<Record<string, string>>;
  /** The folder of the configuration, from which they are found. */
  readonly folder: string;
}

export const noPlugIns: PlugIns = { listed: {}, folder: "/" };

export interface LoadedRuntimes {
  readonly runtimes: RuntimeV1[];
  /** Why a type can not be used, and what to do. */
  readonly problems: ReadonlyMap<string, string>;
}

type RuntimeModule = { default: (options: RuntimeFactoryOptions) => RuntimeV1 | RuntimeV1[] };

/** Types that the gateway knows by itself, whether they are installed or not. */
export const ownTypes: readonly string[] = Object.keys(packages);

/**
 * Imports the runtimes that the servers name, and no others. Servers whose runtime can not be used get a `problem`, which says why
 * and what to do.
 */
export async function loadRuntimes(
  servers: readonly ServerConfig[],
  plugIns: PlugIns,
): Promise<{ runtimes: RuntimeV1[]; servers: ServerConfig[] }> {
  const loaded = await load(new Set(servers.map(({ runtime }) => runtime.type)), plugIns);
  return {
    runtimes: loaded.runtimes,
    servers: servers.map((server) => withProblem(server, loaded.problems)),
  };
}

/** Every runtime that is installed or listed, whether a server names it or not. */
export function everyRuntime(plugIns: PlugIns): Promise<LoadedRuntimes> {
  return load(new Set([...ownTypes, ...Object.keys(plugIns.listed)]), plugIns);
}

async function load(types: ReadonlySet<string>, { listed, folder }: PlugIns): Promise<LoadedRuntimes> {
  const runtimes: RuntimeV1[] = [];
  const problems = new Map<string, string>();
  for (const [name, ofPackage] of grouped(types, packages)) {
    const module = await importOwn(name);
    if (module) runtimes.push(...[module.default({ hostEnv: process.env })].flat());
    for (const type of module ? [] : ofPackage)
      problems.set(type, `The runtime ${type} is not installed; install it with: npm install ${name}`);
  }
  const ofOthers = grouped(types, listed);
  if (ofOthers.size === 0) return { runtimes, problems };
  const { loadPlugIn } = await import("./plug-in.ts");
  for (const [name, ofPackage] of ofOthers) {
    try {
      const made = await loadPlugIn({ name, folder });
      runtimes.push(...made.filter((runtime) => ofPackage.includes(runtime.name)));
      const names = made.map((runtime) => runtime.name);
      for (const type of ofPackage.filter((type) => !names.includes(type)))
        problems.set(type, `The runtime ${type} is not in ${name}, which has ${names.join(", ") || "none"}`);
    } catch (error) {
      for (const type of ofPackage) problems.set(type, `The runtime ${type}: ${(error as Error).message}`);
    }
  }
  return { runtimes, problems };
}

/** The types that are wanted, by the package that brings them. */
function grouped(
  types: ReadonlySet<string>,
  packageOf: Readonly<Record<string, string>>,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const type of types) {
    const name = Object.hasOwn(packageOf, type) ? packageOf[type] : undefined;
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), type]);
  }
  return groups;
}

async function importOwn(name: string): Promise<RuntimeModule | undefined> {
  // Named as it is, so that it becomes part of the program.
  if (name === "@omg/runtime-local") return import("@omg/runtime-local");
  if (name === "@omg/runtime-sse") return import("@omg/runtime-sse");
  try {
    return (await import(name)) as RuntimeModule;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Only the package itself may be missing; a fault inside it must show.
    if (code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`)) return undefined;
    throw error;
  }
}

function withProblem(server: ServerConfig, problems: ReadonlyMap<string, string>): ServerConfig {
  const problem = problems.get(server.runtime.type);
  if (problem === undefined) return server;
  return {
    ...server,
    problem: [...(server.problem === undefined ? [] : [server.problem]), problem].join("; "),
  };
}
