import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ownTypes } from "../apps/gateway/src/runtimes/load-runtimes.ts";
import { takenTypes } from "../packages/create-omg-runtime/src/names.ts";
import template from "../packages/create-omg-runtime/template/_package.json" with { type: "json" };
import { repositoryRoot } from "./support/workspace.ts";

test("the scaffold of a runtime asks for the versions that are used here", () => {
  const workspace = parse(readFileSync(join(repositoryRoot, "pnpm-workspace.yaml"), "utf8")) as {
    catalog: Record<string, string>;
  };
  const others = Object.entries({ ...template.dependencies, ...template.devDependencies }).filter(
    ([name]) => !name.startsWith("@omg/"),
  );
  expect(others.map(([name]) => [name, workspace.catalog[name]])).toEqual(others);
  expect(others.length).toBeGreaterThan(2);
});

test("the scaffold of a runtime refuses the types that the gateway has by itself, and no others", () => {
  expect([...takenTypes].sort()).toEqual([...ownTypes].sort());
});
