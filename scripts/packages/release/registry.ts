import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runServer } from "verdaccio";
import { repositoryRoot } from "../pack.ts";
import { run } from "../run.ts";

/** A registry of npm packages on this machine, to which ours are published. Dispose: nobody listens any more. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** With these variables npm and pnpm install from it, and may publish to it. */
  readonly env: Readonly<Record<string, string>>;
  /** What it says of a package. Rejects if it has none of that name. */
  describe(name: string): Promise<PublishedPackage>;
}

export interface PublishedPackage {
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, { readonly dist: { readonly tarball: string } }>>;
  readonly readme?: string;
}

/** Starts one. Our own names are only what is published to it; all other packages come from where npm finds them. */
export async function startRegistry(folder: string): Promise<Registry> {
  await mkdir(folder, { recursive: true });
  const upstream = (await run("npm", ["config", "get", "registry"], { cwd: repositoryRoot })).trim();
  const server: Server = await runServer({
    self_path: folder,
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "users") } },
    uplinks: { upstream: { url: upstream } },
    packages: {
      "@omg/*": { access: ["$all"], publish: ["$authenticated"] },
      "create-omg-runtime": { access: ["$all"], publish: ["$authenticated"] },
      "**": { access: ["$all"], proxy: ["upstream"] },
    },
    web: { enable: false },
    log: { type: "stdout", format: "pretty", level: "fatal" },
    // A version of a package is small, but npm sends all of it in one document.
    max_body_size: "50mb",
  } as Parameters<typeof runServer>[0]);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  return {
    url,
    env: await settings({ folder, url }),
    async describe(name) {
      const answer = await fetch(new URL(name.replace("/", "%2f"), url));
      if (!answer.ok) throw new Error(`The registry has no ${name}: ${answer.status}`);
      return (await answer.json()) as PublishedPackage;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Settings of npm for somebody who has an account there. Caches stay apart: another run publishes the same versions. */
async function settings({ folder, url }: { folder: string; url: string }): Promise<Record<string, string>> {
  const name = "publisher";
  const answer = await fetch(new URL(`-/user/org.couchdb.user:${name}`, url), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: "a password for a minute" }),
  });
  const { token }: { token: string } = JSON.parse(await answer.text());
  const file = join(folder, "npmrc");
  const lines = [`registry=${url}`, `${url.replace("http:", "")}:_authToken=${token}`, "provenance=false"];
  await writeFile(file, `${lines.join("\n")}\n`);
  return {
    npm_config_userconfig: file,
    npm_config_registry: url,
    npm_config_cache: join(folder, "cache"),
  };
}
