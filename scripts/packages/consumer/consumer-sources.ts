import type { Tarball } from "../tarballs/inspect.ts";

/** Every name that users can import, for example `@omg/core/runtime`. */
export function entriesOf(tarballs: readonly Pick<Tarball, "manifest">[]): string[] {
  return tarballs.flatMap(({ manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, target]) => typeof target !== "string")
      .map(([key]) => manifest.name + key.slice(1)),
  );
}

/** A program that imports an entry and looks at what it exports. */
export function importProbe(entry: string): string {
  const shape = isRuntime(entry)
    ? 'typeof entry.default === "function"'
    : 'Object.keys(entry).length > 0 && !("default" in entry)';
  return `const entry = await import(${JSON.stringify(entry)});
if (!(${shape})) throw new Error("exports " + Object.keys(entry).join(", "));`;
}

/** A program in TypeScript that uses the types of every entry. */
export function typeProbe(entries: readonly string[]): string {
  const imports = entries.map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};`);
  const factories = entries.flatMap((entry, index) => (isRuntime(entry) ? [`entry${index}.default()`] : []));
  return `import { OmgError } from "@omg/core";
import { defineRuntime, type RuntimeV1 } from "@omg/core/runtime";
${imports.join("\n")}

export const entries: readonly object[] = [${entries.map((_, index) => `entry${index}`).join(", ")}];
export const runtimes: readonly (RuntimeV1 | readonly RuntimeV1[])[] = [${factories.join(", ")}];
export const custom: RuntimeV1 = defineRuntime({
  specVersion: "v1",
  name: "custom",
  options: { "~standard": { version: 1, vendor: "custom", validate: (value) => ({ value }) } },
  start: async ({ server }) => {
    throw new OmgError("upstream_start_failed", { message: \`\${server} can not start here\` });
  },
});
`;
}

function isRuntime(entry: string): boolean {
  return entry.startsWith("@omg/runtime-") && entry !== "@omg/runtime-testkit";
}
