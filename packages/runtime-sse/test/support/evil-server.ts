import { createServer, type Socket } from "node:net";
import { createGzip, gzipSync } from "node:zlib";
import { listening, type TestServer } from "./http-server.ts";

/** Writes what it likes to a connection on which a request has come. */
type Mischief = (socket: Socket) => void;

const head = (status: string, ...headers: string[]) =>
  `HTTP/1.1 ${status}\r\n${headers.join("\r\n")}\r\n\r\n`;
const plainly = (status: string, headers: string[] = [], body = "") =>
  `${head(status, ...headers, `content-length: ${Buffer.byteLength(body)}`)}${body}`;
const chunked = "transfer-encoding: chunked";
const json = "content-type: application/json";
const events = "content-type: text/event-stream";
const chunk = (bytes: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`${Buffer.byteLength(bytes as string).toString(16)}\r\n`),
    Buffer.from(bytes as string),
    Buffer.from("\r\n"),
  ]);
const answer = (id: unknown) => JSON.stringify({ jsonrpc: "2.0", id, result: {} });

/** Writes the same again and again, as fast as the other side reads, until it hangs up. */
function pour(socket: Socket, bytes: Buffer): void {
  while (!socket.destroyed && socket.write(bytes));
  if (!socket.destroyed) socket.once("drain", () => pour(socket, bytes));
}

/** What an evil server answers to a call, E36 to E40 of the catalogue and more. */
export const mischief = {
  reset: (socket) => socket.resetAndDestroy(),
  "ends without a word": (socket) => socket.end(),
  "401": (socket) =>
    socket.write(
      plainly("401 Unauthorized", ['www-authenticate: Bearer resource_metadata="http://169.254.169.254/"']),
    ),
  "403": (socket) => socket.write(plainly("403 Forbidden")),
  "404 of HTML": (socket) =>
    socket.write(plainly("404 Not Found", ["content-type: text/html"], "<h1>no</h1>")),
  "413": (socket) => socket.write(plainly("413 Content Too Large")),
  "429 with seconds": (socket) => socket.write(plainly("429 Too Many Requests", ["retry-after: 7"])),
  "429 with a date": (socket) =>
    socket.write(
      plainly("429 Too Many Requests", [`retry-after: ${new Date(Date.now() + 60_000).toUTCString()}`]),
    ),
  "503 for ages": (socket) => socket.write(plainly("503 Service Unavailable", ["retry-after: 1000000000"])),
  "503 with nonsense": (socket) => socket.write(plainly("503 Service Unavailable", ["retry-after: soon"])),
  "503 without a word": (socket) => socket.write(plainly("503 Service Unavailable")),
  "500": (socket) => socket.write(plainly("500 Internal Server Error")),
  "502 of HTML": (socket) =>
    socket.write(plainly("502 Bad Gateway", ["content-type: text/html"], "<h1>no</h1>")),
  "200 of HTML": (socket) => socket.write(plainly("200 OK", ["content-type: text/html"], "<h1>Log in</h1>")),
  "204": (socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"),
  "202 to a call": (socket) => socket.write(plainly("202 Accepted")),
  "redirect elsewhere": (socket) =>
    socket.write(plainly("302 Found", ["location: http://169.254.169.254/latest"])),
  "307 elsewhere": (socket) =>
    socket.write(plainly("307 Temporary Redirect", ["location: http://169.254.169.254/"])),
  "307 without end": (socket) => socket.write(plainly("307 Temporary Redirect", ["location: /mcp"])),
  "truncated JSON": (socket) =>
    socket.end(`${head("200 OK", json, "content-length: 1000")}{"jsonrpc":"2.0",`),
  "JSON that is none": (socket) => socket.write(plainly("200 OK", [json], '{"jsonrpc":"2.0",')),
  "an answer to another": (socket) => socket.write(plainly("200 OK", [json], answer("other"))),
  "truncated events": (socket) => {
    socket.write(head("200 OK", events, chunked));
    socket.end(chunk('data: {"jsonrpc":"2.0",'));
  },
  "events without the answer": (socket) => {
    socket.write(head("200 OK", events, chunked));
    socket.write(
      chunk(': hello\n\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'),
    );
    socket.write("0\r\n\r\n");
  },
  "endless JSON": (socket) => {
    socket.write(head("200 OK", json, chunked));
    pour(socket, chunk(Buffer.alloc(65_536, " ")));
  },
  "events without newline": (socket) => {
    socket.write(`${head("200 OK", events)}data: `);
    pour(socket, Buffer.alloc(65_536, "x"));
  },
  "an event without end": (socket) => {
    socket.write(head("200 OK", events));
    pour(socket, Buffer.from(`data: ${"x".repeat(60_000)}\n`));
  },
  "gzip bomb": (socket) => {
    socket.write(head("200 OK", json, "content-encoding: gzip"));
    const gzip = createGzip();
    gzip.on("data", (bytes) => socket.destroyed || socket.write(bytes));
    const zeros = Buffer.alloc(1 << 20, " ");
    for (let megabytes = 0; megabytes < 256; megabytes++) gzip.write(zeros);
    gzip.end();
  },
  "nested encodings": (socket) => {
    const body = gzipSync(gzipSync("x".repeat(1000)));
    socket.write(head("200 OK", json, "content-encoding: gzip, gzip", `content-length: ${body.length}`));
    socket.write(body);
  },
  "gzip that is none": (socket) =>
    socket.write(plainly("200 OK", [json, "content-encoding: gzip"], "nope, nope")),
  "100 KB headers": (socket) => socket.write(plainly("200 OK", [json, `x-large: ${"x".repeat(100_000)}`])),
  "bad chunks": (socket) => socket.write(`${head("200 OK", json, chunked)}zz\r\nnope\r\n`),
  "no HTTP": (socket) => socket.write("SSH-2.0-OpenSSH_9.9\r\n"),
  "invalid status": (socket) => socket.write("HTTP/1.1 abc Nope\r\n\r\n"),
  silence: () => {},
  "silence after the head": (socket) => socket.write(head("200 OK", json, "content-length: 10")),
  "a byte now and then": (socket) => {
    socket.write(head("200 OK", json));
    const timer = setInterval(() => socket.write(" "), 50);
    socket.once("close", () => clearInterval(timer));
  },
  "comments only": (socket) => {
    socket.write(head("200 OK", events));
    const timer = setInterval(() => socket.write(": still here\n\n"), 50);
    socket.once("close", () => clearInterval(timer));
  },
  "silence of events": (socket) => socket.write(head("200 OK", events, chunked)),
} satisfies Record<string, Mischief>;

export type Mode = keyof typeof mischief;

/** A server that greets like any other, and answers calls as the mode says. After `repent()` it is good. */
export interface EvilServer extends TestServer {
  readonly url: string;
  repent(): void;
}

export async function evilServer(mode: Mode): Promise<EvilServer> {
  let isEvil = true;
  const server = await listening(
    createServer((socket) => {
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes;
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        const end = text.indexOf("\r\n\r\n");
        if (end < 0 || text.length < end + 4 + length) return;
        const body = text.slice(end + 4);
        text = text.slice(end + 4 + length);
        respond(socket, body);
      });
    }),
  );

  function respond(socket: Socket, body: string): void {
    const { id, method } = (body === "" ? {} : JSON.parse(body)) as { id?: unknown; method?: string };
    if (method === undefined) socket.write(plainly("405 Method Not Allowed"));
    else if (method === "initialize") socket.write(plainly("200 OK", [json], introduction(id)));
    else if (id === undefined) socket.write(plainly("202 Accepted"));
    else if (method === "tools/call" && isEvil) mischief[mode](socket);
    else {
      const result = { tools: [], content: [{ type: "text", text: "good" }] };
      socket.write(plainly("200 OK", [json], JSON.stringify({ jsonrpc: "2.0", id, result })));
    }
  }

  return Object.assign(Object.create(server) as TestServer, {
    url: `${server.origin}/mcp`,
    repent() {
      isEvil = false;
    },
  });
}

function introduction(id: unknown): string {
  const serverInfo = { name: "evil", version: "1" };
  const result = { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}
