import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { type WrittenUser, wholeUser } from "./whole-user.ts";

type LoadYaml = typeof import("@kubernetes/client-node").loadYaml;
export type HostEnv = Readonly<Record<string, string | undefined>>;

export interface ClusterChoice {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/** What connections to an API server can go through. */
const proxies = /^(?:https?|socks5?):\/\//;

/** Whether this process runs in a pod that may speak to its cluster's API server. */
export function isInCluster(env: HostEnv): boolean {
  return env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(tokenFile);
}

/**
 * The cluster of an entry: its kubeconfig and context; else those of KUBECONFIG; else the cluster that this process runs in;
 * else ~/.kube/config. Rejects with an `Error` that says what is wrong.
 */
export async function findCluster(
  { kubeconfig, context }: ClusterChoice,
  env: HostEnv,
  baseDirectory: string,
): Promise<KubeConfig> {
  const { KubeConfig, loadYaml } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const read = (files: readonly string[]) => readInto(config, files, loadYaml);
  const home = join(env.HOME ?? "/", ".kube/config");
  if (kubeconfig !== undefined) read([pathFrom(kubeconfig, env, baseDirectory)]);
  else if (env.KUBECONFIG) read(present(env.KUBECONFIG));
  else if (isInCluster(env)) config.loadFromCluster();
  else if (existsSync(home)) read([home]);
  else throw new Error("no cluster is known: set KUBECONFIG, or name one by kubeconfig");
  choose(config, context);
  return config;
}

/** The files of KUBECONFIG that are there, as kubectl has it. */
function present(list: string): string[] {
  const files = list.split(delimiter).filter((file) => file !== "" && existsSync(file));
  if (files.length === 0) throw new Error(`there is no kubeconfig ${JSON.stringify(list)} (KUBECONFIG)`);
  return files;
}

/** Several files are one kubeconfig: of each name, and of the current context, the first one holds. */
function readInto(config: KubeConfig, files: readonly string[], loadYaml: LoadYaml): void {
  const contexts: KubeConfig["contexts"] = [];
  const clusters: KubeConfig["clusters"] = [];
  const users: KubeConfig["users"] = [];
  let currentContext: string | undefined;
  for (const file of files) {
    const written = load(config, file, loadYaml);
    addNew(contexts, config.contexts);
    addNew(clusters, config.clusters);
    addNew(
      users,
      config.users.map((user) => wholeUser(user, written, file)),
    );
    currentContext ||= config.currentContext;
  }
  config.loadFromOptions({ contexts, clusters, users, currentContext });
}

function addNew<Named extends { readonly name: string }>(known: Named[], more: readonly Named[]): void {
  for (const one of more) if (!known.some(({ name }) => name === one.name)) known.push(one);
}

/** Gives the users as they are written there. */
function load(config: KubeConfig, file: string, loadYaml: LoadYaml): readonly WrittenUser[] {
  try {
    config.loadFromFile(file);
    const { users } = loadYaml<{ readonly users?: unknown }>(readFileSync(file, "utf8"));
    return Array.isArray(users) ? users : [];
  } catch (cause) {
    throw new Error(`the kubeconfig ${JSON.stringify(file)} can not be read: ${wordsOf(cause)}`, { cause });
  }
}

function wordsOf(error: unknown): string {
  // The library looks into whatever YAML there is, and into an empty file.
  if (error instanceof TypeError) return "it is no kubeconfig";
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  return typeof code === "string" ? code : message;
}

function choose(config: KubeConfig, context: string | undefined): void {
  if (context !== undefined) {
    if (!config.getContextObject(context)) {
      const names = config.getContexts().map(({ name }) => name);
      throw new Error(
        `there is no context ${JSON.stringify(context)}; there are ${names.join(", ") || "none"}`,
      );
    }
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig names no cluster: choose one by context");
  const { name, server, skipTLSVerify, proxyUrl } = cluster;
  const what = `the cluster ${JSON.stringify(name)} of the kubeconfig`;
  if (!URL.canParse(server)) throw new Error(`${what} has no URL as its server: ${JSON.stringify(server)}`);
  if (server.startsWith("http:") && !skipTLSVerify)
    throw new Error(`${what} is not reached by https; insecure-skip-tls-verify: true would allow that`);
  if (proxyUrl !== undefined && !proxies.test(proxyUrl))
    throw new Error(`${what} has a proxy-url that is none of http, https and socks5`);
}

function pathFrom(path: string, { HOME }: HostEnv, baseDirectory: string): string {
  if (HOME && path.startsWith("~/")) return join(HOME, path.slice(2));
  return resolve(baseDirectory, path);
}
