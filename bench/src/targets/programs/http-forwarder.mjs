// The practical limit of Node in front of a server over HTTP: bodies go to the server and come back as they are, over
// connections that are kept. A client's session is the server's, so nothing is replaced; nothing is checked, limited or
// logged. `http-forwarder.mjs URL` forwards to URL.
import { Agent, createServer, request as openRequest } from "node:http";

const { hostname: host, port, pathname: path } = new URL(process.argv[2] ?? "");
const agent = new Agent({ keepAlive: true });
const passed = ["content-type", "accept", "mcp-session-id", "mcp-protocol-version"];

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = joined(chunks);
    const headers = { ...some(request.headers), "content-length": body.length };
    const onward = openRequest({ agent, host, port, path, method: request.method, headers });
    onward.on("response", (answer) => giveBack(answer, response));
    onward.on("error", () => response.destroy());
    onward.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.stdout.write(`listens on 127.0.0.1:${address.port}\n`);
});

/**
 * An answer as a whole is written at once; an event stream as it comes.
 * @param {import("node:http").IncomingMessage} answer
 * @param {import("node:http").ServerResponse} response
 */
function giveBack(answer, response) {
  const { statusCode = 502, headers } = answer;
  if (headers["content-length"] === undefined) {
    response.writeHead(statusCode, some(headers));
    answer.on("data", (chunk) => response.write(chunk));
    answer.on("end", () => response.end());
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  answer.on("data", (chunk) => chunks.push(chunk));
  answer.on("end", () => {
    const body = joined(chunks);
    response.writeHead(statusCode, { ...some(headers), "content-length": body.length }).end(body);
  });
}

/** @param {import("node:http").IncomingHttpHeaders} headers */
function some(headers) {
  /** @type {Record<string, string | string[]>} */
  const kept = {};
  for (const name of passed) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** @param {Buffer[]} chunks */
function joined(chunks) {
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
