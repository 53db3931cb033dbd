import type { Transform } from "node:stream";
import { constants, createBrotliCompress, createDeflate, createGzip, gzipSync } from "node:zlib";
import type { Behaviour } from "../behaviour.ts";
import { chunk, chunked, drip, head, json, plainly, pour, writes } from "../raw-http.ts";

const bombMegabytes = 64;

/** HTTP servers whose answers have bodies that are too large, too slow or no bodies at all. */
export const httpBodies = {
  "gzip-bomb": bomb("gzip", () => createGzip()),
  "br-bomb": bomb("br", () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  "deflate-bomb": bomb("deflate", () => createDeflate()),
  "nested-encodings": writes("HTTP: encodes an answer twice", (socket) => {
    const body = gzipSync(gzipSync("x".repeat(1000)));
    socket.write(head("200 OK", json, "content-encoding: gzip, gzip", `content-length: ${body.length}`));
    socket.end(body);
  }),
  "endless-json": writes("HTTP: endless JSON in chunks", (socket) => {
    socket.write(head("200 OK", json, chunked));
    pour(socket, chunk(Buffer.alloc(65_536, " ")));
  }),
  "slow-json": writes("HTTP: JSON of one byte now and then", (socket) => {
    socket.write(head("200 OK", json));
    drip(socket, " ", 100);
  }),
  "cut-json": writes("HTTP: ends in the middle of JSON", (socket) =>
    socket.end(`${head("200 OK", json, "content-length: 1000")}{"jsonrpc":"2.0",`),
  ),
  html: writes("HTTP: 200 with a page to log in", (socket) =>
    socket.end(plainly("200 OK", ["content-type: text/html"], "<h1>Log in</h1>")),
  ),
} satisfies Record<string, Behaviour>;

function bomb(encoding: string, compressor: () => Transform): Behaviour {
  return writes(`HTTP: a bomb of ${encoding}`, (socket) => {
    socket.write(head("200 OK", json, `content-encoding: ${encoding}`));
    const compressed = compressor();
    compressed.pipe(socket);
    const spaces = Buffer.alloc(1 << 20, " ");
    for (let megabytes = 0; megabytes < bombMegabytes; megabytes++) compressed.write(spaces);
    compressed.end();
  });
}
