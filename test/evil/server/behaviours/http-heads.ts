import type { Behaviour } from "../behaviour.ts";
import { chunked, head, json, plainly, writes } from "../raw-http.ts";
import { strayUrl } from "../strays.ts";

const metadata = "http://169.254.169.254/latest/meta-data";
const manyHeaders = Array.from({ length: 10_000 }, (_, index) => `x-${index}: ${index}`);

/** HTTP servers whose answers begin with something else than they should. */
export const httpHeads = {
  "large-headers": answers(
    "HTTP: a header of 100 KB",
    plainly("200 OK", [json, `x: ${"x".repeat(100_000)}`]),
  ),
  "many-headers": answers("HTTP: 10 000 headers", plainly("200 OK", [json, ...manyHeaders])),
  "no-status": answers("HTTP: a status that is none", "HTTP/1.1 abc Nope\r\n\r\n"),
  "bad-chunk": answers("HTTP: a chunk that is none", `${head("200 OK", json, chunked)}zz\r\nnope\r\n`),
  "http-0.9": answers("HTTP/0.9: a body without a head", '{"jsonrpc":"2.0","id":1,"result":{}}\n'),
  "head-only": answers("HTTP: hangs up after 200 OK", head("200 OK", json, "content-length: 100")),
  "no-content": answers("HTTP: 204 to a call", head("204 No Content")),
  "asks-for-login": writes("HTTP: 401 with metadata elsewhere", (socket, request) => {
    const challenge = `www-authenticate: Bearer resource_metadata="${strayUrl(request)}"`;
    socket.end(plainly("401 Unauthorized", [challenge]));
  }),
  "redirect-to-metadata": answers(
    "HTTP: 302 to the metadata of the cloud",
    plainly("302 Found", [`location: ${metadata}`]),
  ),
  "redirect-elsewhere": writes("HTTP: 307 to another origin", (socket, request) =>
    socket.end(plainly("307 Temporary Redirect", [`location: ${strayUrl(request)}`])),
  ),
  "endless-redirect": writes("HTTP: 307 to itself, without an end", (socket) =>
    socket.end(plainly("307 Temporary Redirect", ["location: /mcp?again"])),
  ),
  "too-many-requests": answers(
    "HTTP: 429 for 30 years",
    plainly("429 Too Many Requests", ["retry-after: 1000000000"]),
  ),
  unavailable: answers(
    "HTTP: 503 for 30 years",
    plainly("503 Service Unavailable", ["retry-after: 1000000000"]),
  ),
} satisfies Record<string, Behaviour>;

function answers(what: string, bytes: string): Behaviour {
  return writes(what, (socket) => socket.end(bytes));
}
