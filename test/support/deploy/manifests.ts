import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { repositoryRoot } from "../workspace.ts";
import type { Manifest } from "./published-schema.ts";

/** What a kustomization.yaml of this project says. */
export interface Kustomization {
  readonly namespace?: string;
  readonly bases?: readonly string[];
  readonly resources?: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

export const kubernetesFolder: string = join(repositoryRoot, "deploy/kubernetes");

export function readKustomization(folder: string): Kustomization {
  return parse(readFileSync(join(folder, "kustomization.yaml"), "utf8"));
}

/** Paths of the manifests that a folder brings, those of the folders that it builds on included. */
export function manifestFiles(folder: string): string[] {
  const { bases = [], resources = [] } = readKustomization(folder);
  return [...bases, ...resources].flatMap((name) => {
    const path = join(folder, name);
    return name.endsWith(".yaml") ? [path] : manifestFiles(path);
  });
}

/** All objects of a file, or of what kustomize prints. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}
