import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { repositoryRoot } from "./support/workspace.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = globSync(".github/workflows/*.yml", { cwd: repositoryRoot });
const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));

describe.each(files)("%s", (file) => {
  const text = readFileSync(join(repositoryRoot, file), "utf8");
  const { permissions, jobs }: Workflow = parse(text);
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);

  test("runs scripts that there are, with the pnpm of the lockfile", () => {
    const scripts = [...text.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name);
    expect(scripts.filter((name) => !(String(name) in manifest.scripts))).toEqual([]);
    const tools = [...text.matchAll(/\bpnpm@\S+/g)].map(([name]) => name);
    expect(tools.filter((name) => name !== manifest.packageManager)).toEqual([]);
  });

  test("uses actions of a fixed major version", () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([]);
  });

  test("lets nobody write but the job that releases", () => {
    const rights = [permissions, ...Object.values(jobs).map((job) => job.permissions ?? {})];
    const writing = rights.filter((right) => Object.values(right).includes("write"));
    expect(writing).toEqual(file.endsWith("release.yml") ? [jobs.release?.permissions] : []);
  });

  test("puts nothing that others wrote into a command", () => {
    expect(steps.filter(({ run }) => run?.includes("${{"))).toEqual([]);
  });
});
