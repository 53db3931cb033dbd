import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Checks, expectNone } from "../checks.ts";
import { run } from "../run.ts";
import {
  checkContents,
  checkTypes,
  lintPackage,
  readTarball,
  undeclaredImports,
} from "../tarballs/inspect.ts";
import type { Registry } from "./registry.ts";

const type = "far-away";
const name = `omg-runtime-${type}`;

interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Does what somebody does who adds a runtime: makes a scaffold, tries it, packs it, and installs it beside the gateway. */
export async function checkScaffold(checks: Checks, registry: Registry, folder: string): Promise<void> {
  const env = { ...registry.env, HOME: folder };
  const scaffold = { cwd: join(folder, type), env };
  await checks.check("npm create omg-runtime writes a package that passes its tests", async () => {
    await mkdir(folder);
    await run("npm", ["create", "--yes", "omg-runtime", type], { cwd: folder, env });
    await npm(scaffold, "install", "--no-audit", "--no-fund");
    await npm(scaffold, "test");
    await npm(scaffold, "run", "typecheck");
    expectHi(await npm(scaffold, "run", "--silent", "try"));
  });
  const packed = await checks.check(
    "it packs what belongs in a package, with types that resolve",
    async () => {
      await npm(scaffold, "pack", "--pack-destination", folder);
      const tarball = await readTarball(join(folder, `${name}-0.1.0.tgz`));
      const lint = await lintPackage(tarball);
      expectNone([
        ...checkContents(tarball),
        ...undeclaredImports(tarball),
        ...lint,
        ...(await checkTypes(tarball)),
      ]);
      return tarball.path;
    },
  );
  if (packed === undefined) return;
  await checks.check("the gateway, installed beside it, runs a server by it", () =>
    useScaffold({ cwd: join(folder, "user"), env }, packed),
  );
}

async function useScaffold(user: Place, tarball: string): Promise<void> {
  await mkdir(user.cwd);
  await npm(user, "install", "--no-audit", "--no-fund", "@omg/gateway", "@omg/runtime-testkit", tarball);
  const script = join(user.cwd, "node_modules/@omg/runtime-testkit/dist/scripted-server.mjs");
  const servers = [{ id: "scripted", runtime: { type, command: "node", args: [script] } }];
  await writeFile(join(user.cwd, "config.yaml"), JSON.stringify({ runtimes: { [type]: name }, servers }));
  const omg = join(user.cwd, "node_modules/.bin/omg");
  await run(omg, ["validate"], user);
  expectHi(await run(omg, ["call", "scripted.echo", "text=hi"], user));
}

function npm(place: Place, ...args: readonly string[]): Promise<string> {
  return run("npm", args, place);
}

function expectHi(printed: string): void {
  if (printed !== "hi\n") throw new Error(`it prints "${printed}"`);
}
