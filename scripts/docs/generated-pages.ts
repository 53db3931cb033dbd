import { readFileSync } from "node:fs";
import { benchmarksRegions, quotedRegions } from "./benchmarks.ts";
import { commandsRegions } from "./commands.ts";
import { compatibilityRegions } from "./compatibility.ts";
import { embeddingRegions } from "./embedding.ts";
import { manifestsRegions } from "./manifests.ts";
import { reasonsRegions } from "./reasons.ts";
import { fillRegions } from "./regions.ts";
import { dockerRegions, kubernetesRegions, settingsRegions } from "./settings.ts";
import { threatsRegions } from "./threats.ts";

/** The pages with generated regions, and what makes each region. */
export const generatedPages: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": quotedRegions,
  "docs/benchmarks.md": benchmarksRegions,
  "docs/cli.md": commandsRegions,
  "docs/compatibility.md": compatibilityRegions,
  "docs/configuration.md": settingsRegions,
  "docs/embedding.md": embeddingRegions,
  "docs/errors.md": reasonsRegions,
  "docs/runtimes/docker.md": dockerRegions,
  "docs/runtimes/kubernetes.md": { ...kubernetesRegions, ...manifestsRegions },
  "docs/security-model.md": threatsRegions,
};

/** The file of a page. */
export function pageUrl(page: string): URL {
  return new URL(`../../${page}`, import.meta.url);
}

/** A page as it should be. Throws for a region that nothing makes. */
export function generate(page: string): string {
  const makers = generatedPages[page] ?? {};
  return fillRegions(readFileSync(pageUrl(page), "utf8"), (name) => {
    const make = makers[name];
    if (make === undefined) throw new Error(`${page}: nothing makes the region "${name}"`);
    return make();
  });
}
