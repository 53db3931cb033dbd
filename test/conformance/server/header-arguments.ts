import type { Tool } from "@modelcontextprotocol/server";
import { contentTools } from "./content-tools.ts";

/** What stands around words that a header cannot carry as they are. */
const sentinel = /^=\?base64\?(?<encoded>.*)\?=$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const headerMismatch = -32020;

/**
 * Refuses calls whose `Mcp-Param-` headers do not say what the arguments say, which servers must. The SDK does this for its
 * comfortable class only.
 */
export async function mismatchRefusal(request: Request): Promise<Response | undefined> {
  if (request.headers.get("mcp-method") !== "tools/call") return undefined;
  const { id, params } = (await request.clone().json()) as Call;
  const tool = contentTools.find(({ name }) => name === params?.name);
  const wrong = headersOf(tool).find(
    ([argument, header]) => said(request, header) !== params?.arguments?.[argument],
  );
  if (!wrong) return undefined;
  const error = { code: headerMismatch, message: `Mcp-Param-${wrong[1]} is not what the argument says` };
  return Response.json({ jsonrpc: "2.0", id, error }, { status: 400 });
}

interface Call {
  readonly id: string | number;
  readonly params?: { readonly name?: string; readonly arguments?: Readonly<Record<string, string>> };
}

/** Arguments that are headers, too, with the names of these. */
function headersOf(tool: Tool | undefined): [string, string][] {
  const properties = Object.entries(tool?.inputSchema.properties ?? {}) as [string, Record<string, string>][];
  return properties.flatMap(([argument, { "x-mcp-header": header }]) =>
    header === undefined ? [] : [[argument, header]],
  );
}

/** What a header says; null if it says it in a wrong encoding. */
function said(request: Request, header: string): string | undefined | null {
  const value = request.headers.get(`mcp-param-${header}`) ?? undefined;
  const encoded = sentinel.exec(value ?? "")?.groups?.encoded;
  if (encoded === undefined) return value;
  return base64.test(encoded) ? Buffer.from(encoded, "base64").toString() : null;
}
