import type { IncomingMessage } from "node:http";
import { type Frame, headerText, OmgError } from "@omg/core";

/** The headers of a request that mirror its body (MCP 2026-07-28, streamable HTTP: request metadata). */
export interface MirrorHeaders {
  readonly version: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
  /** `Mcp-Param-…`: mirrored arguments of a tool, by their names as they came. */
  readonly params: Readonly<Record<string, string>>;
}

const VERSION = "mcp-protocol-version";
const METHOD = "mcp-method";
const NAME = "mcp-name";
const PARAM = "mcp-param-";

/** Reads them. Throws `header_mismatch` for one that comes twice or holds what no header may. */
export function mirrorHeaders({ rawHeaders }: IncomingMessage): MirrorHeaders {
  const found = new Map<string, string>();
  const params: Record<string, string> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] as string;
    const name = raw.toLowerCase();
    const isParam = name.startsWith(PARAM);
    if (!isParam && name !== VERSION && name !== METHOD && name !== NAME) continue;
    // Whoever routes by the headers may look at another one than we do.
    if (found.has(name)) throw mismatch(`The header ${raw} comes more than once`);
    const value = rawHeaders[index + 1] as string;
    if (!PLAIN.test(value))
      throw mismatch(`The header ${raw} holds characters that no header may; use Base64`);
    found.set(name, value);
    if (!isParam) continue;
    if (headerText(value) === undefined) throw mismatch(`The header ${raw} is not valid Base64`);
    params[raw] = value;
  }
  return { version: found.get(VERSION), method: found.get(METHOD), name: found.get(NAME), params };
}

/** Throws `header_mismatch` unless the header says the revision that the body says. */
export function checkVersionHeader({ version }: MirrorHeaders, { head }: Frame): void {
  if (head.version !== undefined) compare("MCP-Protocol-Version", version, head.version);
}

/** Throws `header_mismatch` unless the headers say the method, and the name or URI, that the body says. */
export function checkRoutingHeaders({ method, name }: MirrorHeaders, { head }: Frame): void {
  compare("Mcp-Method", method, head.method);
  const { must, value } = nameSource(head);
  if (name === undefined) {
    if (must && value !== undefined) throw mismatch("The header Mcp-Name is missing");
    return;
  }
  const plain = headerText(name);
  if (plain === undefined) throw mismatch("The header Mcp-Name is not valid Base64");
  if (must || value !== undefined) compare("Mcp-Name", plain, value);
}

/** What `Mcp-Name` mirrors, and whether it has to be there. Of tasks it is the id (SEP-2663). */
function nameSource(head: Frame["head"]): { must: boolean; value?: string | undefined } {
  if (head.method === "tools/call" || head.method === "prompts/get") return { must: true, value: head.name };
  if (head.method === "resources/read") return { must: true, value: head.uri };
  if (head.method?.startsWith("tasks/")) return { must: false, value: head.taskId };
  return { must: false };
}

function compare(header: string, said: string | undefined, meant: string | undefined): void {
  if (said === undefined) throw mismatch(`The header ${header} is missing`);
  if (said === meant) return;
  throw mismatch(`The header ${header} says ${JSON.stringify(said)}, the body ${JSON.stringify(meant)}`);
}

const PLAIN = /^[\t\x20-\x7e]*$/;

function mismatch(message: string): OmgError {
  return new OmgError("header_mismatch", { message });
}
