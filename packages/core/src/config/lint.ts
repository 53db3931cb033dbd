import type { ServerConfig } from "./types.ts";
import type { Path, YamlSource } from "./yaml-source.ts";

/** Names such as GITHUB_TOKEN, but not TOKEN_FILE or AUTH_MODE. */
const secretVariable = /(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|_PAT)$/i;

/** Warns of what works but will likely not be what its author wants. `written` holds references unresolved. */
export function lintServer(source: YamlSource, at: Path, written: ServerConfig, id: string): void {
  const warn = (path: Path, message: string, hint: string) =>
    source.report("warning", [...at, ...path], message, { server: id, hint });
  const { command, args } = written.runtime;
  if (typeof command === "string" && /(?:^|\/)npx$/.test(command) && Array.isArray(args)) {
    for (const [index, argument] of args.entries()) {
      if (typeof argument !== "string" || !/^[^-].*@latest$/.test(argument)) continue;
      const message = `${argument} runs whatever was published last`;
      warn(["runtime", "args", index], message, "name a version in place of latest");
    }
  }
  for (const [name, value] of Object.entries(written.env ?? {})) {
    const literal = String(value);
    if (literal.length < 6 || literal.includes("${") || !secretVariable.test(name)) continue;
    const message = `${name} is written out; whoever reads this file knows it`;
    warn(["env", name], message, `write ${name}: \${${name}} and set the variable ${name}`);
  }
  lintTimes(source, at, written, id);
}

/** Warns of a server that would be stopped sooner than it may take to start. */
export function lintTimes(
  source: YamlSource,
  at: Path,
  { idle_timeout_seconds: idle, start_timeout_seconds: start }: Partial<ServerConfig>,
  server?: string,
): void {
  if (typeof idle !== "number" || typeof start !== "number" || idle === 0 || idle >= start) return;
  const message = `idle_timeout_seconds: a server stops after ${idle} s without use, but may take ${start} s to start`;
  const hint = "most servers that are slow to start are better left running for longer";
  source.report("warning", [...at, "idle_timeout_seconds"], message, { server, hint });
}
