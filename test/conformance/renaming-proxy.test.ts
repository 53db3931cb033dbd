import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { listen } from "./listen.ts";
import { startRenamingProxy } from "./renaming-proxy.ts";

/** A proxy in front of a gateway that answers as it is told. */
async function startPair(gateway: RequestListener) {
  await using stack = new AsyncDisposableStack();
  const { port } = stack.use(await listen(gateway));
  const proxy = stack.use(await startRenamingProxy({ port, prefix: "one__" }));
  const owned = stack.move();
  return {
    url: `http://localhost:${proxy.port}/mcp?x=1`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function echo(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await text(incoming);
  const { method, url, headers } = incoming;
  outgoing.setHeader("content-type", "application/json");
  outgoing.end(JSON.stringify([method, url, headers.host, headers["mcp-session-id"], body]));
}

it("puts the prefix before names in requests, and leaves all else as it is", async () => {
  await using pair = await startPair((incoming, outgoing) => void echo(incoming, outgoing));
  const through = async (message: string) => {
    const headers = { "mcp-session-id": "s" };
    const answer = await fetch(pair.url, { method: "POST", headers, body: message });
    return (await answer.json()) as string[];
  };
  const [method, path, host, session, body = ""] = await through(
    '{"method":"tools/call","params":{"name":"a","arguments":{"name":"b"}}}',
  );
  expect([method, path, host, session]).toEqual(["POST", "/mcp?x=1", new URL(pair.url).host, "s"]);
  expect(JSON.parse(body).params).toEqual({ name: "one__a", arguments: { name: "b" } });

  const completion = '{"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"}}}';
  expect((await through(completion)).at(-1)).toContain('"name":"one__p"');

  const untouched = '{ "method": "resources/read", "params": { "uri": "a://b", "name": "c" } }';
  expect((await through(untouched)).at(-1)).toBe(untouched);
});

it("puts the prefix before the name in a request's header, as the body has it or not", async () => {
  await using pair = await startPair((incoming, outgoing) => {
    outgoing.end(JSON.stringify(incoming.headersDistinct["mcp-name"] ?? []));
  });
  const through = async (method: string, name?: string) => {
    const headers: Record<string, string> = name === undefined ? {} : { "Mcp-Name": name };
    const message = JSON.stringify({ method, params: { name: "a" } });
    return await (await fetch(pair.url, { method: "POST", headers, body: message })).json();
  };
  expect(await through("tools/call", "a")).toEqual(["one__a"]);
  expect(await through("prompts/get", "wrong")).toEqual(["one__wrong"]);
  const encoded = (name: string) => `=?base64?${Buffer.from(name).toString("base64")}?=`;
  expect(await through("tools/call", encoded("ä"))).toEqual([encoded("one__ä")]);
  expect(await through("tools/call")).toEqual([]);
  expect(await through("resources/read", "test://a")).toEqual(["test://a"]);
});

it("takes the prefix off the names in lists, with status and headers as they came", async () => {
  await using pair = await startPair((_incoming, outgoing) => {
    outgoing.writeHead(418, { "mcp-session-id": "s", "content-type": "application/json" });
    outgoing.end('{"id":1,"result":{"prompts":[{"name":"one__p"},{"name":"two__p"}]}}');
  });
  const answer = await fetch(pair.url);
  expect([answer.status, answer.headers.get("mcp-session-id")]).toEqual([418, "s"]);
  expect(await answer.json()).toEqual({ id: 1, result: { prompts: [{ name: "p" }, { name: "two__p" }] } });
});

it("passes the lines of an event stream on while it is open", async () => {
  const { promise: opened, resolve } = Promise.withResolvers<ServerResponse>();
  await using pair = await startPair((_incoming, outgoing) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    resolve(outgoing);
  });
  const { body } = await fetch(pair.url);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  const received = async (end: string) => {
    let words = "";
    while (!words.endsWith(end)) words += (await reader?.read())?.value;
    return words;
  };
  const stream = await opened;

  stream.write("id: 1\r\ndata: \r\n");
  expect(await received("data: \r\n")).toBe("id: 1\r\ndata: \r\n");

  stream.write('data: {"result":{"tools":[{"name":"on');
  stream.write('e__ä"}]}}\n\n');
  expect(await received("\n\n")).toBe('data: {"result":{"tools":[{"name":"ä"}]}}\n\n');

  const gone = once(stream, "close");
  await reader?.cancel();
  await gone;
});
