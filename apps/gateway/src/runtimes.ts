import type { RuntimeFactoryOptions, RuntimeV1, ServerConfig } from "@omg/core";

/** Which package brings a runtime type. */
const packages: Readonly<Record<string, string>> = {
  "local-process": "@omg/runtime-local",
  "remote-sse": "@omg/runtime-sse",
  remote: "@omg/runtime-sse",
  docker: "@omg/runtime-docker",
  "k8s-job": "@omg/runtime-k8s",
  "k8s-service": "@omg/runtime-k8s",
};

type RuntimeModule = { default: (options: RuntimeFactoryOptions) => RuntimeV1 | RuntimeV1[] };

/** Imports the runtimes that the servers name, and no others. Servers whose runtime is not installed get a `problem`. */
export async function loadRuntimes(
  servers: readonly ServerConfig[],
): Promise<{ runtimes: RuntimeV1[]; servers: ServerConfig[] }> {
  const wanted = new Set(servers.map(packageOf));
  const runtimes: RuntimeV1[] = [];
  const missing = new Set<string>();
  for (const name of wanted) {
    if (name === undefined) continue;
    const module = await importRuntime(name);
    if (module) runtimes.push(...runtimesOf(module));
    else missing.add(name);
  }
  return { runtimes, servers: servers.map((server) => withProblem(server, missing)) };
}

/** Every runtime that is installed, whether a server names it or not. */
export async function installedRuntimes(): Promise<RuntimeV1[]> {
  const modules = await Promise.all([...new Set(Object.values(packages))].map(importRuntime));
  return modules.flatMap((module) => (module ? runtimesOf(module) : []));
}

function runtimesOf(module: RuntimeModule): RuntimeV1[] {
  return [module.default({ hostEnv: process.env })].flat();
}

function packageOf(server: ServerConfig): string | undefined {
  return Object.hasOwn(packages, server.runtime.type) ? packages[server.runtime.type] : undefined;
}

async function importRuntime(name: string): Promise<RuntimeModule | undefined> {
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

function withProblem(server: ServerConfig, missing: ReadonlySet<string>): ServerConfig {
  const name = packageOf(server);
  if (name === undefined || !missing.has(name)) return server;
  const problem = `The runtime ${server.runtime.type} is not installed; install it with: npm install ${name}`;
  return {
    ...server,
    problem: [...(server.problem === undefined ? [] : [server.problem]), problem].join("; "),
  };
}
