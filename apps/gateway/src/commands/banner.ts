import { entryTitle, type ServerStatus } from "@omg/core";
import type { ListenAddress } from "../configuration/listen-address.ts";
import { printable } from "../logging/logger.ts";

/** What a person sees when the gateway is up: where, what, and one line to try. */
export function banner(addresses: readonly ListenAddress[], servers: readonly ServerStatus[]): string {
  const first = addresses[0];
  const loopback = addresses.some(({ host }) => host === "127.0.0.1");
  const url = `http://${loopback ? "localhost" : hostInUrl(first?.host ?? "localhost")}:${first?.port}`;
  const width = Math.max(0, ...servers.map(({ config }) => config.id.length));
  const rows = servers.map(({ config, problem }) => {
    const { description, display_name, type } = entryTitle(config);
    const named = display_name === config.id ? "" : display_name;
    const what = problem === undefined ? description || named : `disabled: ${problem}`;
    return printable(`  ${config.id.padEnd(width)}  ${type}  ${what.split("\n")[0]}`.trimEnd());
  });
  const sample = servers.find(({ problem }) => problem === undefined)?.config.id ?? "SERVER";
  const call = JSON.stringify({ server_id: sample, method: "tools/list" });
  // It is made to be pasted into a shell.
  const body = printable(call.replaceAll("'", "\\u0027"));
  return [
    "",
    `Open MCP Gateway listens on ${addresses.map(({ host, port }) => `${hostInUrl(host)}:${port}`).join(" and ")}`,
    "",
    `  all servers   ${url}/mcp`,
    `  one server    ${url}/servers/ID/mcp`,
    "",
    servers.length === 0 ? "The catalog is empty." : "Servers (started when first used):",
    ...rows,
    "",
    "Try it:",
    `  curl -s ${url}/mcp -H 'content-type: application/json' -d '${body}'`,
    "",
    "",
  ].join("\n");
}

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
