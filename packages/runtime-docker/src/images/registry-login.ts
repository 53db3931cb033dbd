import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthConfig } from "dockerode";
import { dockerFolder } from "../engine/docker-context.ts";
import type { HostEnv } from "../engine/find-engine.ts";
import { hub, registryOf } from "./image-name.ts";

/** What is known of a login to a registry. Neither: there is none. */
export interface RegistryLogin {
  readonly login?: AuthConfig | undefined;
  /** Why it could not be found out, in words that end no sentence. */
  readonly problem?: string | undefined;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, StoredLogin>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

interface StoredLogin {
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** Under this name `docker login` keeps the login of Docker Hub. */
const hubKey = "https://index.docker.io/v1/";
const helperMs = 10_000;

/** What `docker login` has kept for the registry of an image, in its file or with a helper. Never rejects. */
export async function registryLogin(reference: string, env: HostEnv): Promise<RegistryLogin> {
  const folder = dockerFolder(env);
  if (folder === undefined) return {};
  const file = join(folder, "config.json");
  let config: DockerConfig;
  try {
    config = (JSON.parse(await readFile(file, "utf8")) as DockerConfig | null) ?? {};
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
    return isAbsent ? {} : { problem: `${file} can not be read` };
  }
  const registry = registryOf(reference);
  const key = registry === hub ? hubKey : registry;
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[registry] ?? config.credsStore;
  const answer = helper ? await askHelper(helper, key, env) : {};
  if (answer.login) return answer;
  const stored = storedLogin(config.auths ?? {}, key);
  return stored ? { login: stored } : answer;
}

/** Older versions of Docker kept registries by address: `https://host/v1/`. */
function storedLogin(
  auths: Readonly<Record<string, StoredLogin>>,
  serveraddress: string,
): AuthConfig | undefined {
  const hostOf = (name: string) => name.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  const stored =
    auths[serveraddress] ??
    Object.entries(auths).find(([name]) => hostOf(name) === hostOf(serveraddress))?.[1];
  if (stored?.identitytoken) return tokenLogin(stored.identitytoken, serveraddress);
  if (!stored?.auth) return undefined;
  const [username = "", ...password] = Buffer.from(stored.auth, "base64").toString().split(":");
  return { username, password: password.join(":"), serveraddress };
}

/** A helper takes the registry's name on its stdin and answers in JSON (docker-credential-helpers). */
function askHelper(helper: string, key: string, env: HostEnv): Promise<RegistryLogin> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper)) return Promise.resolve({ problem: `there is no ${program}` });
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ["get"],
      { env: env as NodeJS.ProcessEnv, timeout: helperMs, killSignal: "SIGKILL" },
      (error, stdout) =>
        resolve(error ? withoutLogin(program, error, stdout) : loginOf(program, stdout, key)),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(key);
  });
}

/** Helpers fail in the same way when they have no login as when they can not work. */
function withoutLogin(program: string, { code }: { readonly code?: unknown }, stdout: string): RegistryLogin {
  if (/credentials not found/i.test(stdout)) return {};
  return { problem: code === "ENOENT" ? `there is no ${program} in PATH` : `${program} failed` };
}

function loginOf(program: string, answer: string, serveraddress: string): RegistryLogin {
  try {
    const { Username, Secret } = JSON.parse(answer) as { Username: string; Secret: string };
    if (Username === "<token>") return { login: tokenLogin(Secret, serveraddress) };
    return { login: { username: Username, password: Secret, serveraddress } };
  } catch {
    return { problem: `${program} did not answer in JSON` };
  }
}

/** The library's type knows nothing of tokens. */
function tokenLogin(identitytoken: string, serveraddress: string): AuthConfig {
  return { identitytoken, serveraddress } as unknown as AuthConfig;
}
