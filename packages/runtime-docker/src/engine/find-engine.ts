import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { contextAddress, currentContext, dockerFolder } from "./docker-context.ts";
import { type EngineAddress, type EngineTls, parseEngineHost } from "./engine-address.ts";
import { readPem } from "./read-pem.ts";

/** What an entry says of its engine. */
export interface EngineChoice {
  readonly socket?: string | undefined;
  readonly host?: string | undefined;
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
  readonly context?: string | undefined;
}

/** The environment of the gateway's process. */
export type HostEnv = Readonly<Record<string, string | undefined>>;

/**
 * Where the engine of an entry is: as the entry says; or as `docker` would find it (DOCKER_HOST, DOCKER_CONTEXT, the current
 * context); or at the first of the usual sockets that exists. Rejects with an `Error` that says what is wrong.
 */
export async function findEngine(
  choice: EngineChoice,
  env: HostEnv,
  baseDirectory: string,
): Promise<EngineAddress> {
  if (choice.socket !== undefined) return { socketPath: pathFrom(choice.socket, env, baseDirectory) };
  if (choice.host !== undefined) return parseEngineHost(choice.host, await tlsOf(choice, env, baseDirectory));
  if (choice.context !== undefined) return contextAddress(choice.context, env);
  if (env.DOCKER_HOST) return parseEngineHost(env.DOCKER_HOST, await tlsOfEnvironment(env));
  const context = env.DOCKER_CONTEXT || (await currentContext(env));
  if (context !== undefined && context !== "default") return contextAddress(context, env);
  return { socketPath: usualSockets(env).find(existsSync) ?? "/var/run/docker.sock" };
}

/** Where engines listen, the likeliest first: Docker's own, rootless, Docker Desktop, Colima, Rancher Desktop, Podman. */
export function usualSockets({ HOME, XDG_RUNTIME_DIR }: HostEnv): string[] {
  const ofUser = (folder: string | undefined, ...paths: string[]) =>
    folder ? paths.map((path) => join(folder, path)) : [];
  return [
    "/var/run/docker.sock",
    ...ofUser(XDG_RUNTIME_DIR, "docker.sock"),
    ...ofUser(
      HOME,
      ".docker/run/docker.sock",
      ".docker/desktop/docker.sock",
      ".colima/default/docker.sock",
      ".rd/docker.sock",
    ),
    ...ofUser(XDG_RUNTIME_DIR, "podman/podman.sock"),
    "/run/podman/podman.sock",
  ];
}

async function tlsOf(choice: EngineChoice, env: HostEnv, base: string): Promise<EngineTls | undefined> {
  const { ca_file, cert_file, key_file } = choice;
  if (ca_file === undefined && cert_file === undefined && key_file === undefined) return undefined;
  const read = async (file: string | undefined) =>
    file === undefined ? undefined : readPem(pathFrom(file, env, base));
  return { ca: await read(ca_file), cert: await read(cert_file), key: await read(key_file) };
}

/** As the `docker` command reads it. */
async function tlsOfEnvironment(env: HostEnv): Promise<EngineTls | undefined> {
  const folder = env.DOCKER_CERT_PATH;
  if (!env.DOCKER_TLS_VERIFY && !folder) return undefined;
  const at = folder || dockerFolder(env);
  if (at === undefined) throw new Error("DOCKER_TLS_VERIFY is set, but not DOCKER_CERT_PATH");
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readPem(join(at, name))),
  );
  return { ca, cert, key, rejectUnauthorized: Boolean(env.DOCKER_TLS_VERIFY) };
}

/** A path of the entry: relative to the configuration; `~/` is the home folder. */
export function pathFrom(path: string, { HOME }: HostEnv, baseDirectory: string): string {
  if (HOME && (path === "~" || path.startsWith("~/"))) return join(HOME, path.slice(1));
  return resolve(baseDirectory, path);
}
