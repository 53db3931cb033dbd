const region = /^<!-- generated: (.+?) -->$[\s\S]*?^<!-- end -->$/gm;

/** Fills every marked region of a page with what `make` gives for its name. */
export function fillRegions(page: string, make: (name: string) => string): string {
  return page.replace(
    region,
    (_, name: string) => `<!-- generated: ${name} -->\n\n${make(name)}\n\n<!-- end -->`,
  );
}

/** The names of a page's regions, in their order. */
export function regionNames(page: string): string[] {
  return [...page.matchAll(region)].map((match) => match[1] ?? "");
}
