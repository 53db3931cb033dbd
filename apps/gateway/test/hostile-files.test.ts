import { execFileSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, openSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bins, run, Sandbox, scripted } from "./support/omg.ts";

/** Says that it is empty, and holds megabytes. */
const kernelSymbols = "/proc/kallsyms";

/** What may stand where a file should, made in the sandbox, and what is said of it. */
const oddities: Readonly<Record<string, readonly [(sandbox: Sandbox) => string, string]>> = {
  "a folder": [({ folder }) => folder, "it is a folder"],
  "a pipe that nobody writes to": [pipe, "it is no regular file"],
  "a device without an end": [() => "/dev/zero", "it is no regular file"],
  "a device that waits": [() => "/dev/ptmx", "it is no regular file"],
  "a socket": [({ folder }) => socket(folder), "it is no regular file"],
  "2 GB of nothing": [sparse, "it is larger than"],
  "a file that says it is empty and holds megabytes": [() => kernelSymbols, "it is larger than"],
  "links in a circle": [circle, "its links lead in a circle"],
  "a link to nothing": [dangling, "it does not exist"],
  "a link to a device": [(sandbox) => link(sandbox, "/dev/zero"), "it is no regular file"],
  "a file below a file": [(sandbox) => join(sandbox.write("file", ""), "below"), "it does not exist"],
};

/** How a configuration can come to read a file. */
const ways: Readonly<Record<string, (sandbox: Sandbox, path: string) => readonly string[]>> = {
  "the configuration": (_sandbox, path) => ["--config", path],
  "--catalog": (_sandbox, path) => ["--catalog", path],
  catalog_path: (sandbox, path) => [
    "--config",
    sandbox.write("config.yaml", `listen_addr: localhost:9\ncatalog_path: ${path}\n`),
  ],
  "a secret": (sandbox, path) => [
    "--config",
    sandbox.write("config.yaml", {
      servers: [{ id: "reads", runtime: scripted(), env: { TOKEN: `\${file:${path}}` } }],
    }),
  ],
  "the key": (sandbox, path) => [
    "--config",
    sandbox.write("config.yaml", `servers: []\napi_key: \${file:${path}}\n`),
  ],
};

let usual = 0;

beforeAll(async () => {
  using sandbox = new Sandbox();
  const start = performance.now();
  await run(sandbox, bins.omg, ["validate", "--catalog", sandbox.write("empty.yaml", "")]);
  usual = performance.now() - start;
});

/** What each way meets: all oddities where paths are written, and a pipe, which is the one that waits, elsewhere. */
const encounters = Object.keys(ways).flatMap((way) =>
  Object.keys(oddities)
    .filter((what) => way === "catalog_path" || way === "a secret" || what.startsWith("a pipe"))
    // Not every kernel has a list of its symbols.
    .filter((what) => !what.endsWith("megabytes") || existsSync(kernelSymbols))
    .map((what) => ({ way, what })),
);

test.each(encounters)(
  "the file of $way is refused with its place, at once, when it is $what",
  async ({ way, what }) => {
    using sandbox = new Sandbox();
    const [make, message] = oddities[what] as (typeof oddities)[string];
    const flags = ways[way]?.(sandbox, make(sandbox)) ?? [];
    const start = performance.now();
    const { code, stdout, stderr } = await run(sandbox, bins.omg, ["validate", ...flags]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error\[config_invalid\]|:\d+:\d+/m);
    // What starting a process takes differs much on a busy machine; what waits here waits for ever.
    expect(performance.now() - start).toBeLessThan(5 * usual + 5_000);
  },
);

function pipe({ folder }: Sandbox): string {
  const path = join(folder, "pipe");
  execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
  return path;
}

function socket(folder: string): string {
  const path = join(folder, "socket");
  const script =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 9))";
  try {
    execFileSync(process.execPath, ["-e", script, path]);
  } catch {
    // Killed, it leaves its socket behind.
  }
  return path;
}

function sparse({ folder }: Sandbox): string {
  const path = join(folder, "sparse");
  const file = openSync(path, "w");
  ftruncateSync(file, 2 ** 31);
  closeSync(file);
  return path;
}

function circle({ folder }: Sandbox): string {
  symlinkSync(join(folder, "b"), join(folder, "a"));
  symlinkSync(join(folder, "a"), join(folder, "b"));
  return join(folder, "a");
}

function dangling(sandbox: Sandbox): string {
  return link(sandbox, join(sandbox.folder, "gone"));
}

function link({ folder }: Sandbox, target: string): string {
  symlinkSync(target, join(folder, "link"));
  return join(folder, "link");
}
