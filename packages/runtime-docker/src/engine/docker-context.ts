import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type EngineAddress, type EngineTls, parseEngineHost } from "./engine-address.ts";
import type { HostEnv } from "./find-engine.ts";
import { readPemIfAny } from "./read-pem.ts";

interface ContextFile {
  readonly Endpoints?: {
    readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean };
  };
}

/** Docker's own folder of this user: configuration, contexts, registry logins. */
export function dockerFolder({ DOCKER_CONFIG, HOME }: HostEnv): string | undefined {
  return DOCKER_CONFIG || (HOME ? join(HOME, ".docker") : undefined);
}

/** The context that `docker context use` has chosen. */
export async function currentContext(env: HostEnv): Promise<string | undefined> {
  const folder = dockerFolder(env);
  if (folder === undefined) return undefined;
  try {
    const { currentContext } = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as {
      currentContext?: unknown;
    };
    return typeof currentContext === "string" && currentContext !== "" ? currentContext : undefined;
  } catch {
    return undefined;
  }
}

/** The engine of a `docker context`. Rejects with an `Error` if there is no such context. */
export async function contextAddress(name: string, env: HostEnv): Promise<EngineAddress> {
  const folder = dockerFolder(env);
  const digest = createHash("sha256").update(name).digest("hex");
  let context: ContextFile;
  try {
    if (folder === undefined) throw new Error("no home directory");
    context = JSON.parse(
      await readFile(join(folder, "contexts/meta", digest, "meta.json"), "utf8"),
    ) as ContextFile;
  } catch (cause) {
    throw new Error(
      `there is no docker context ${JSON.stringify(name)}; "docker context ls" shows those there are`,
      {
        cause,
      },
    );
  }
  const endpoint = context.Endpoints?.docker;
  if (!endpoint?.Host) throw new Error(`the docker context ${JSON.stringify(name)} names no engine`);
  const tls = await tlsOf(join(folder, "contexts/tls", digest, "docker"), endpoint.SkipTLSVerify === true);
  return parseEngineHost(endpoint.Host, endpoint.Host.startsWith("unix:") ? undefined : tls);
}

async function tlsOf(folder: string, skipsVerification: boolean): Promise<EngineTls | undefined> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readPemIfAny(join(folder, name))),
  );
  if (!ca && !cert && !key && !skipsVerification) return undefined;
  return { ca, cert, key, rejectUnauthorized: !skipsVerification };
}
