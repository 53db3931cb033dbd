/** What differs from run to run, and what stands for it. */
const volatile: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME"],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID"],
  [/("uptime_seconds"|"start_ms"|"duration_ms"|"memory_used"|"event_loop_delay_ms"):[\d.]+/g, "$1:0"],
  [/"instance":"\d+"/g, '"instance":"0"'],
  [/up for \d+ (?:s|min)/g, "up for 0 s"],
  [/tried again in \d+ s/g, "tried again in 0 s"],
  [/("version":"|Open MCP Gateway )\d+\.\d+\.\d+[\w.-]*/g, "$1VERSION"],
  [/^(mcp-session-id|date): .*$/gim, "$1: …"],
  [/\r/g, ""],
  // A column is as wide as its widest cell, which may be a path of this machine.
  [/(?<=\S) {2,}/g, "  "],
];

/** An output in the form in which two are compared: JSON without its layout, and without what differs from run to run. */
export function comparable(output: string): string {
  let text = compact(output.replace(/\n+$/, ""));
  for (const [pattern, replacement] of volatile) text = text.replace(pattern, replacement);
  return text;
}

/** A line `…` in what is shown stands for any lines. */
export function isSameOutput(shown: string, actual: string): boolean {
  const parts = comparable(shown).split(/^…$/m);
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^]*")}$`).test(comparable(actual));
}

/** One document of JSON in the whole text, or in all lines but the last. */
function compact(text: string): string {
  const whole = parse(text);
  if (whole !== undefined) return JSON.stringify(whole);
  const end = text.lastIndexOf("\n");
  const most = end === -1 ? undefined : parse(text.slice(0, end));
  return most === undefined ? text : JSON.stringify(most) + text.slice(end);
}

function parse(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
