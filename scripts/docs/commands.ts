import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { markdownTable } from "./table.ts";

/** A line of the help: a flag, an argument or a command, and what it is. */
interface HelpLine {
  readonly term: string;
  readonly meaning: string;
}

interface Help {
  readonly usage: string;
  readonly description: string;
  readonly sections: Readonly<Record<string, readonly HelpLine[]>>;
}

/** Flags that many commands share; they stand in one table of their own. */
const shared = ["-c, --config <path>", "--catalog <path>", "--log-level <level>", "-h, --help"];

const programs = ["gateway-http", "gateway-stdio"];

/** What has been asked already. */
const known = new Map<string, Help>();

/** The commands of `omg`, by their names without aliases. */
function commandNames(): string[] {
  const commands = helpOf("omg").sections.Commands ?? [];
  return commands
    .map(({ term }) => (term.split(/[ |]/)[0] ?? "") as string)
    .filter((name) => name !== "help");
}

export const commandsRegions: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  "shared flags": sharedFlags,
  ...Object.fromEntries(commandNames().map((name) => [`omg ${name}`, () => describe("omg", name)])),
  ...Object.fromEntries(programs.map((name) => [name, () => describe(name)])),
};

function commandTable(): string {
  const rows = (helpOf("omg").sections.Commands ?? [])
    .filter(({ term }) => !term.startsWith("help"))
    .map(({ term, meaning }) => {
      const [name = "", alias] = (term.split(" ")[0] ?? "").split("|");
      const also = alias === undefined ? "" : `, \`omg ${alias}\``;
      return [`[\`omg ${name}\`](#omg-${name})${also}`, meaning];
    });
  return markdownTable(["Command", "What it does"], rows);
}

function sharedFlags(): string {
  const options = helpOf("omg", "serve").sections.Options ?? [];
  return tableOf(
    "Flag",
    options.filter(({ term }) => shared.includes(term)),
  );
}

function describe(program: string, command?: string): string {
  const { usage, sections } = helpOf(program, command);
  const { Arguments = [], Options = [] } = sections;
  const own = program === "omg" ? Options.filter(({ term }) => !shared.includes(term)) : Options;
  const tables = [
    ...(Arguments.length > 0 ? [tableOf("Argument", Arguments)] : []),
    ...(own.length > 0 ? [tableOf("Flag", own)] : []),
  ];
  return [`\`${usage}\``, ...tables].join("\n\n");
}

function tableOf(head: string, lines: readonly HelpLine[]): string {
  return markdownTable(
    [head, "Meaning"],
    lines.map(({ term, meaning }) => [`\`${term}\``, meaning]),
  );
}

/** What a command says of itself. */
function helpOf(program: string, command?: string): Help {
  const key = `${program} ${command}`;
  const help = known.get(key) ?? askHelp(program, command);
  known.set(key, help);
  return help;
}

function askHelp(program: string, command?: string): Help {
  const bin = fileURLToPath(new URL(`../../apps/gateway/src/bin/${program}.mjs`, import.meta.url));
  const cache = fileURLToPath(new URL("../../node_modules/.cache/docs", import.meta.url));
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const args = [bin, ...(command === undefined ? [] : [command]), "--help"];
  return parseHelp(execFileSync(process.execPath, args, { encoding: "utf8", env }));
}

function parseHelp(text: string): Help {
  const [usage = "", description = "", ...rest] = text.trim().split("\n\n");
  const sections = rest.map((part) => {
    const [title = "", ...lines] = part.split("\n");
    return [title.replace(/:$/, ""), parseLines(lines)] as const;
  });
  return { usage: usage.replace(/^Usage: /, ""), description, sections: Object.fromEntries(sections) };
}

/** A meaning may go on in the next lines, which begin where it began. */
function parseLines(lines: readonly string[]): HelpLine[] {
  const parsed: HelpLine[] = [];
  for (const line of lines) {
    const [, term, meaning = ""] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
    const before = parsed.at(-1);
    if (term !== undefined) parsed.push({ term, meaning });
    else if (before) parsed[parsed.length - 1] = { ...before, meaning: `${before.meaning} ${line.trim()}` };
  }
  return parsed;
}
