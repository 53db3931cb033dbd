import { type Summary, summarize } from "../measure/statistics.ts";
import { peerVersions, type TargetName } from "../targets/target.ts";

/** What targets are called in tables. */
export const titles: Readonly<Record<TargetName, string>> = {
  direct: "direct",
  hello: "bare node:http",
  hono: "Hono",
  forwarder: "byte forwarder",
  "by-hand": "SDK by hand",
  gateway: "gateway",
  "mcp-hub": `mcp-hub ${peerVersions["mcp-hub"]}`,
  "mcp-proxy": `mcp-proxy ${peerVersions["mcp-proxy"]}`,
  supergateway: `supergateway ${peerVersions.supergateway}`,
};

/** The median of all rounds with their range; nothing if nothing was measured. */
export function cell(values: readonly number[]): string {
  if (values.length === 0) return "";
  const summary = summarize(values);
  return values.length === 1 ? short(summary.median) : `${short(summary.median)} (${range(summary)})`;
}

/** From the least to the most. */
export function range({ low, high }: Summary): string {
  return `${short(low)} – ${short(high)}`;
}

/** A ratio to another target. */
export function times(value: number): string {
  return `${value < 0.1 ? value.toFixed(3) : value.toFixed(2)} ×`;
}

/** A share of a whole. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Three digits that count. */
export function short(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 10_000) return `${(value / 1000).toFixed(1)}k`;
  return value.toFixed(magnitude >= 100 || value === 0 ? 0 : magnitude >= 10 ? 1 : 2);
}
