import { CommandFailure, exitCodes } from "../exit-codes.ts";

export interface Tool {
  readonly name: string;
  readonly inputSchema?: { readonly properties?: Readonly<Record<string, { readonly type?: unknown }>> };
}

/** `key=value` in the type the tool's schema asks for, `key:=json` as it stands; or one JSON object for all. */
export function parseArguments(
  pairs: readonly string[],
  json: string | undefined,
  tool: Tool,
): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  if (json !== undefined) {
    const whole = parseJson(json, "--json");
    if (typeof whole !== "object" || whole === null || Array.isArray(whole)) {
      throw new CommandFailure(exitCodes.usage, "error: --json must be one JSON object");
    }
    Object.assign(parameters, whole);
  }
  for (const pair of pairs) {
    const match = /^([^=:]+)(:?=)(.*)$/s.exec(pair);
    if (!match) throw new CommandFailure(exitCodes.usage, `error: "${pair}" is not key=value or key:=json`);
    const [, key = "", operator, text = ""] = match;
    const type = tool.inputSchema?.properties?.[key]?.type;
    const literal = operator === ":=" || (typeof type === "string" && type !== "string");
    parameters[key] = literal ? parseJson(text, key) : text;
  }
  return parameters;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure(exitCodes.usage, `error: ${what}: "${text}" is not valid JSON`);
  }
}
