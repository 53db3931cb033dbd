import * as v from "valibot";
import { setHash } from "../pins/tool-pins.ts";
import type { PinLock, ServerPins, ToolPin } from "../pins/types.ts";
import { mapsOnly, namedMap } from "../runtime/schema-maps.ts";
import { schemaWords } from "../runtime/schema-words.ts";
import { quoteVisibly } from "../visible-text.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type SchemaProblem, schemaProblems } from "./schema-problems.ts";
import { unknownKey } from "./suggest.ts";
import { YamlSource } from "./yaml-source.ts";

/** What stands in a `config.lock`. */
export interface ParsedLock {
  /** With its `problem` if there is any diagnostic: half of what was accepted is as good as nothing. */
  readonly lock: PinLock;
  /** All of them errors. */
  readonly diagnostics: readonly Diagnostic[];
}

const hash = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits"));
const toolSchema = mapsOnly(
  v.strictObject({ name: v.string(), hash, description: v.optional(v.array(v.string())) }),
);
const serverSchema = mapsOnly(v.strictObject({ set: hash, tools: v.array(toolSchema) }));
const lockSchema = v.config(
  mapsOnly(v.strictObject({ version: v.literal(1), servers: namedMap(v.record(v.string(), serverSchema)) })),
  { message: schemaWords },
);

const header = `# The tools of each server as they were accepted, by hashes of their definitions. Written by omg pin: do not edit.
# A set is the hash of all of a server's tools together. Keep this file with the configuration.
`;

/** Reads the text of an omg.lock.yaml. Pure: `file` only names it in messages. */
export function parseLock(text: string, file: string): ParsedLock {
  const source = new YamlSource(file, text);
  const checked = v.safeParse(lockSchema, source.value);
  if (!checked.success) reportProblems(source, schemaProblems(lockSchema, checked.issues));
  const servers = new Map<string, ServerPins>();
  for (const [id, { set, tools }] of Object.entries(checked.success ? checked.output.servers : {})) {
    const pins = new Map(tools.map(({ name, ...tool }) => [name, pinOf(tool)]));
    if (pins.size !== tools.length || setHash(pins) !== set) {
      const message = `The pins of server '${id}' do not go together: the file was edited, or merged from two`;
      source.report("error", ["servers", id, "set"], message, {
        hint: `remove this entry, look at the tools, then: omg pin ${id}`,
      });
    }
    servers.set(id, pins);
  }
  const { diagnostics } = source;
  return { lock: { servers, problem: diagnostics[0] && problemOf(diagnostics[0]) }, diagnostics };
}

/** The text of an omg.lock.yaml: the same for the same pins, and such that a review of its changes shows everything. */
export function formatLock({ servers }: PinLock): string {
  const lines = ["version: 1", servers.size === 0 ? "servers: {}" : "servers:"];
  for (const [id, pins] of byKey(servers)) {
    lines.push(
      `  ${quoteVisibly(id)}:`,
      `    set: ${setHash(pins)}`,
      pins.size === 0 ? "    tools: []" : "    tools:",
    );
    for (const [name, { hash, description }] of byKey(pins)) {
      lines.push(`      - name: ${quoteVisibly(name)}`, `        hash: ${hash}`);
      if (description === undefined) continue;
      lines.push("        description:");
      lines.push(...description.split("\n").map((line) => `          - ${quoteVisibly(line)}`));
    }
  }
  return `${header}${lines.join("\n")}\n`;
}

function pinOf({ hash, description }: Omit<v.InferOutput<typeof toolSchema>, "name">): ToolPin {
  return description ? { hash, description: description.join("\n") } : { hash };
}

function byKey<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function problemOf({ file, line, column, message }: Diagnostic): string {
  return `its pins can not be read: ${file}:${line}:${column}: ${message}`;
}

function reportProblems(source: YamlSource, problems: readonly SchemaProblem[]): void {
  // A text that is no YAML has been reported as such.
  if (source.diagnostics.length > 0) return;
  for (const { path, message, known } of problems) {
    const said = known ? unknownKey(String(path.at(-1)), []) : `${path.join(".") || "The file"}: ${message}`;
    source.report("error", path, said);
  }
}
