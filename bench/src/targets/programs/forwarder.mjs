// The practical limit of Node: POST bodies go to one child's stdin, its lines come back as answers. Ids are replaced by
// splicing bytes; nothing is checked, limited or logged. `forwarder.mjs FILE [ARGUMENT...]` runs FILE in Node.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { findId } from "./splice-id.mjs";

const SMALL = 16_384;

const child = spawn(process.execPath, process.argv.slice(2), { stdio: ["pipe", "pipe", "inherit"] });
/** @type {Map<number, { response: import("node:http").ServerResponse, id: string, opens: boolean }>} */
const waiting = new Map();
let lastId = 0;
let batch = "";

const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(405).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = joined(chunks);
    const span = findId(body);
    if (span === undefined) {
      toChild(body.toString("latin1"));
      response.writeHead(202, { "content-length": 0 }).end();
      return;
    }
    const id = body.toString("latin1", span.start, span.end);
    const opens = request.headers["mcp-session-id"] === undefined;
    waiting.set(++lastId, { response, id, opens });
    toChild(body.toString("latin1", 0, span.start) + lastId + body.toString("latin1", span.end));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.stdout.write(`listens on 127.0.0.1:${address.port}\n`);
});

/**
 * One write for all requests of a turn.
 * @param {string} frame
 */
function toChild(frame) {
  if (batch === "") {
    setImmediate(() => {
      child.stdin.write(batch, "latin1");
      batch = "";
    });
  }
  batch += `${frame}\n`;
}

/** @type {Buffer[]} */
let pieces = [];
child.stdout.on("data", (/** @type {Buffer} */ chunk) => {
  let start = 0;
  for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
    pieces.push(chunk.subarray(start, end));
    answer(joined(pieces));
    pieces = [];
    start = end + 1;
  }
  if (start < chunk.length) pieces.push(chunk.subarray(start));
});
child.on("exit", () => process.exit(0));

/** @param {Buffer} frame */
function answer(frame) {
  const span = findId(frame);
  if (span === undefined) return;
  const ours = Number(frame.toString("latin1", span.start, span.end));
  const call = waiting.get(ours);
  if (call === undefined) return;
  waiting.delete(ours);
  const { response, id, opens } = call;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": frame.length - (span.end - span.start) + id.length,
    ...(opens ? { "mcp-session-id": randomUUID() } : {}),
  });
  const tail = id + frame.toString("latin1", span.end);
  if (frame.length < SMALL) response.end(frame.toString("latin1", 0, span.start) + tail, "latin1");
  else {
    response.write(frame.subarray(0, span.start));
    response.end(tail, "latin1");
  }
}

/** @param {Buffer[]} chunks */
function joined(chunks) {
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
