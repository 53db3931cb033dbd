import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthConfig } from "dockerode";
import { dockerFolder } from "../engine/docker-context.ts";
import type { HostEnv } from "../engine/find-engine.ts";

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

const hub = "docker.io";
/** Under this name `docker login` keeps the login of Docker Hub. */
const hubKey = "https://index.docker.io/v1/";
const helperMs = 10_000;

/** The host of the registry that an image comes from. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : hub;
}

/** What `docker login` has kept for the registry of an image, in its file or with a helper. Undefined: nothing. */
export async function registryLogin(reference: string, env: HostEnv): Promise<AuthConfig | undefined> {
  const folder = dockerFolder(env);
  const registry = registryOf(reference);
  const key = registry === hub ? hubKey : registry;
  const config = folder === undefined ? undefined : await readConfig(join(folder, "config.json"));
  if (!config) return undefined;
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[registry] ?? config.credsStore;
  if (helper !== undefined && /^[\w.-]+$/.test(helper)) {
    const login = await askHelper(`docker-credential-${helper}`, key, env);
    if (login) return login;
  }
  const { auth, identitytoken } = config.auths?.[key] ?? config.auths?.[`https://${registry}`] ?? {};
  if (identitytoken) return { identitytoken, serveraddress: key } as unknown as AuthConfig;
  if (!auth) return undefined;
  const [username = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
  return { username, password: password.join(":"), serveraddress: key };
}

async function readConfig(file: string): Promise<DockerConfig | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as DockerConfig;
  } catch {
    return undefined;
  }
}

/** A helper takes the registry's name on its stdin and answers in JSON (docker-credential-helpers). */
function askHelper(program: string, key: string, env: HostEnv): Promise<AuthConfig | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ["get"],
      { env: env as NodeJS.ProcessEnv, timeout: helperMs },
      (error, stdout) => resolve(error ? undefined : loginOf(stdout, key)),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(key);
  });
}

function loginOf(answer: string, key: string): AuthConfig | undefined {
  try {
    const { Username, Secret } = JSON.parse(answer) as { Username: string; Secret: string };
    if (Username === "<token>") return { identitytoken: Secret, serveraddress: key } as unknown as AuthConfig;
    return { username: Username, password: Secret, serveraddress: key };
  } catch {
    return undefined;
  }
}
