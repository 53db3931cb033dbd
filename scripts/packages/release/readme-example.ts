import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { signalGroup } from "../process-group.ts";
import { run } from "../run.ts";

/** The first example of a README, and what it takes to try it. */
export interface ReadmeExample {
  /** Commands that install what it needs. */
  readonly install: readonly string[];
  /** A program that it talks to, which runs beside it. */
  readonly beside?: string | undefined;
  readonly code: string;
  /** What it prints, all of it. Undefined: whatever it likes. */
  readonly output?: string | undefined;
}

export interface TryOptions {
  /** A new folder. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is called otherwise here, such as a port that is taken, by its name in the README. */
  readonly instead: Readonly<Record<string, string>>;
}

const longestMs = 120_000;

/** Finds it: the commands below "Install", those below "Example" that end with `&`, the program, and the text that may follow. */
export function readmeExample(markdown: string): ReadmeExample {
  const example = section(markdown, "Example");
  const [before = "", after = ""] = example.split(/^```ts\n[\s\S]*?^```$/m);
  const code = block(example, "ts");
  const install = block(section(markdown, "Install"), "sh")?.trim().split("\n") ?? [];
  if (code === undefined || install.length === 0)
    throw new Error("it does not say how to install it, or has no example");
  const beside = block(before, "sh")?.trim().replace(/\s*&$/, "");
  return { install, beside, code, output: block(after, "text") };
}

function section(markdown: string, title: string): string {
  const [, text = ""] = markdown.split(new RegExp(`^## ${title}\\n`, "m"));
  return text.split(/^## /m)[0] ?? "";
}

/** The first fenced block of a language. */
function block(text: string, language: string): string | undefined {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text)?.[1];
}

/** Follows the README in an empty folder. Rejects if the example fails, or prints something else than the README says. */
export async function tryExample(example: ReadmeExample, options: TryOptions): Promise<void> {
  const { directory, instead } = options;
  const names = new RegExp(Object.keys(instead).join("|"), "g");
  const here = (text: string) => text.replace(names, (name) => instead[name] ?? name);
  const env = { ...process.env, ...options.env };
  const settings = { cwd: directory, env, timeoutMs: longestMs };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), '{ "type": "module" }');
  await writeFile(join(directory, "example.ts"), here(example.code));
  for (const command of example.install) await run("sh", ["-c", command], settings);
  const beside = example.beside && (await startBeside(here(example.beside), { cwd: directory, env }));
  try {
    const printed = await run(process.execPath, ["example.ts"], settings);
    if (example.output !== undefined && printed !== here(example.output)) {
      throw new Error(`it prints\n${printed}\nand the README says\n${here(example.output)}`);
    }
  } finally {
    if (beside) signalGroup(beside, "SIGKILL");
  }
}

/** Starts a program in a group of its own, and waits until it says something. */
async function startBeside(
  command: string,
  settings: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<ChildProcess> {
  const child = spawn("sh", ["-c", command], {
    ...settings,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), once(child, "exit")]);
  return child;
}
