import { once } from "node:events";
import { type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type LocalServer, listen } from "./listen.ts";

export interface RenamingProxyOptions {
  /** Where the requests go, on this machine. */
  readonly port: number;
  /** What names of tools and prompts begin with there, and do not here. */
  readonly prefix: string;
}

/**
 * Makes one server of an aggregate look as if it stood alone: puts the prefix before the names of tools and prompts in
 * requests, header included, and takes it off in answers. All else passes as it is, Host and Origin included: they are the
 * gateway's to judge.
 */
export function startRenamingProxy(options: RenamingProxyOptions): Promise<LocalServer> {
  return listen((incoming, outgoing) => {
    forward(incoming, outgoing, options).catch((error) => outgoing.destroy(error));
  });
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { port, prefix }: RenamingProxyOptions,
): Promise<void> {
  const body = await text(incoming);
  const { method, url: path } = incoming;
  const renamed = renameJson(body, (message) => addPrefix(message, prefix));
  const rawHeaders = renamed === body ? incoming.rawHeaders : renameHeader(incoming.rawHeaders, prefix);
  const headers = withoutLength(rawHeaders);
  const onward = openRequest({ host: "localhost", port, method, path, headers, agent: false });
  // A client that goes away must be gone for the gateway, too.
  outgoing.once("close", () => onward.destroy());
  onward.end(renamed);
  const [answer] = (await once(onward, "response")) as [IncomingMessage];

  outgoing.writeHead(answer.statusCode ?? 502, withoutLength(answer.rawHeaders));
  // The client may wait for the head of a stream that stays silent.
  outgoing.flushHeaders();
  const rename = (json: string) => renameJson(json, (message) => removePrefix(message, prefix));
  if (answer.headers["content-type"]?.startsWith("text/event-stream")) {
    for await (const line of wholeLines(answer)) outgoing.write(renameData(line, rename));
  } else {
    outgoing.write(rename(await text(answer)));
  }
  outgoing.end();
}

/** The name in `Mcp-Name` is that of the body in 2026-07-28: right or wrong, it stays so. */
function renameHeader(rawHeaders: readonly string[], prefix: string): string[] {
  return rawHeaders.map((value, index) => {
    if (index % 2 === 0 || rawHeaders[index - 1]?.toLowerCase() !== "mcp-name") return value;
    const encoded = /^=\?base64\?(?<encoded>.*)\?=$/.exec(value)?.groups?.encoded;
    if (encoded === undefined) return prefix + value;
    const name = prefix + Buffer.from(encoded, "base64").toString();
    return `=?base64?${Buffer.from(name).toString("base64")}?=`;
  });
}

/** Without the headers that a changed body makes wrong. */
function withoutLength(rawHeaders: readonly string[]): string[] {
  const own = ["content-length", "transfer-encoding"];
  return rawHeaders.filter((_, index) => !own.includes(rawHeaders[index & ~1]?.toLowerCase() ?? ""));
}

/** Lines with their ends, each as soon as it is there. */
async function* wholeLines(stream: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines: string[] = (rest + chunk).split(/(?<=\n)/);
    rest = lines.at(-1)?.endsWith("\n") ? "" : (lines.pop() ?? "");
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function renameData(line: string, rename: (json: string) => string): string {
  const {
    field = "",
    json = "",
    end = "",
  } = /^(?<field>data: ?)(?<json>.*?)(?<end>\r?\n?)$/.exec(line)?.groups ?? {};
  return field === "" ? line : field + rename(json) + end;
}

/** What no name stands in stays as it came, to the byte. */
function renameJson(json: string, rename: (message: Message) => boolean): string {
  if (!json.startsWith("{")) return json;
  const message = JSON.parse(json) as Message;
  return rename(message) ? JSON.stringify(message) : json;
}

interface Named {
  name: string;
}

/** Where names stand in the messages of the protocol. */
interface Message {
  readonly method?: string;
  readonly params?: Named & { readonly ref?: Named & { readonly type: string } };
  readonly result?: { readonly tools?: Named[]; readonly prompts?: Named[] };
}

/** Returns whether something had to be renamed, as does its opposite. */
function addPrefix({ method, params }: Message, prefix: string): boolean {
  let named: Named | undefined;
  if (method === "tools/call" || method === "prompts/get") named = params;
  if (method === "completion/complete" && params?.ref?.type === "ref/prompt") named = params.ref;
  if (named) named.name = prefix + named.name;
  return named !== undefined;
}

function removePrefix({ result }: Message, prefix: string): boolean {
  const named = [...(result?.tools ?? []), ...(result?.prompts ?? [])];
  for (const item of named) {
    if (item.name.startsWith(prefix)) item.name = item.name.slice(prefix.length);
  }
  return named.length > 0;
}
