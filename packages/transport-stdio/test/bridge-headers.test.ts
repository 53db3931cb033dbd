import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { bridged, gatewayThat, json, type Message, refuse } from "./support/conversation.ts";

const _meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { roots: {} },
};
const request = (method: string, params: object = {}, id: unknown = 1) => {
  return { jsonrpc: "2.0", id, method, params: { _meta, ...params } };
};
const call = (name: string, args: object, id: unknown = 1) =>
  request("tools/call", { name, arguments: args, _meta: { ..._meta, progressToken: id } }, id);
const marked = (name: string, header: string) => ({
  name,
  inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": header } } },
});
const mismatch = { code: -32020, message: "no" };
const list = (tools: object[], nextCursor?: string) => ({ resultType: "complete", tools, nextCursor });

/** A gateway with pages of tools, that refuses calls unless a header says the region. */
async function strict(pages: () => object[], header = "mcp-param-region") {
  const calls: (string | undefined)[] = [];
  const lists: Message[] = [];
  const gateway = await gatewayThat((message, outgoing, incoming) => {
    const params = message.params as { cursor?: string; arguments?: { region?: string } };
    if (message.method === "tools/list") {
      lists.push(message);
      const at = Number(params.cursor ?? 0);
      const next = at + 1 < pages().length ? String(at + 1) : undefined;
      return answer(outgoing, message, list([pages()[at] as object], next));
    }
    const said = incoming.headers[header] as string | undefined;
    calls.push(said);
    if (said !== params.arguments?.region) return refuse(outgoing, 400, mismatch, message.id);
    answer(outgoing, message, { resultType: "complete", content: [] });
  });
  return { ...gateway, calls, lists };
}

function answer(outgoing: ServerResponse, { id }: Message, result: object): void {
  json(outgoing, { jsonrpc: "2.0", id, result });
}

describe("a call of a tool that wants arguments as headers, behind the bridge", () => {
  test("has them as the client was told", async () => {
    const { url, calls, seen } = await strict(() => [marked("a", "Other"), marked("b", "Region")]);
    const client = bridged(url);
    client.send(request("tools/list", { cursor: "1" }));
    await client.received(1);
    client.send(call("b", { region: "r" }));
    expect(await client.finish()).toMatchObject([{ result: { tools: [{ name: "b" }] } }, { result: {} }]);
    expect(calls).toEqual(["r"]);
    expect(seen).toEqual(["POST tools/list -", "POST tools/call -"]);
  });

  test("has them encoded where a header must have them so", async () => {
    const { url, calls } = await strict(() => [marked("a", "Region")]);
    const client = bridged(url);
    client.send(request("tools/list"));
    await client.received(1);
    client.send(call("a", { region: "Zürich" }));
    await client.finish();
    expect(calls[0]).toBe("=?base64?WsO8cmljaA==?=");
  });

  test("is refused, learned about on all pages, and sent again for a client that did not ask", async () => {
    const { url, calls, lists, seen } = await strict(() => [marked("a", "Other"), marked("b", "Region")]);
    const client = bridged(url);
    client.send(call("b", { region: "r" }, "x"));
    expect(await client.received(1)).toMatchObject([{ id: "x", result: { content: [] } }]);
    client.send(call("b", { region: "s" }, "y"));
    expect(await client.finish()).toHaveLength(2);
    expect(calls).toEqual([undefined, "r", "s"]);
    expect(seen.slice(0, 4)).toEqual([
      "POST tools/call -",
      "POST tools/list -",
      "POST tools/list -",
      "POST tools/call -",
    ]);
    expect(lists.map(({ params }) => params)).toEqual([{ _meta }, { _meta, cursor: "1" }]);
  });

  test("is sent again when the tool has changed", async () => {
    let header = "Old";
    const { url, calls } = await strict(() => [marked("a", header)]);
    const client = bridged(url);
    client.send(request("tools/list"));
    await client.received(1);
    header = "Region";
    client.send(call("a", { region: "r" }));
    expect(await client.finish()).toMatchObject([{}, { result: { content: [] } }]);
    expect(calls).toEqual([undefined, "r"]);
  });

  test.each([
    ["no other headers are found", [marked("b", "Region")], [undefined]],
    ["the others do not help either", [marked("a", "Else")], [undefined, undefined]],
  ])("is refused when %s", async (_why, pages, sent) => {
    const { url, calls } = await strict(() => pages);
    const client = bridged(url);
    client.send(call("a", { region: "r" }));
    expect(await client.finish()).toEqual([{ jsonrpc: "2.0", id: 1, error: mismatch }]);
    expect(calls).toEqual(sent);
  });

  test("is refused when the tools can not be learned", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (message.method === "tools/list") outgoing.destroy();
      else refuse(outgoing, 400, mismatch, message.id);
    });
    const client = bridged(url);
    client.send(call("a", {}));
    expect(await client.finish()).toEqual([{ jsonrpc: "2.0", id: 1, error: mismatch }]);
  });

  test("is not sent again after an error of the tool that only looks like it", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) =>
      json(outgoing, { jsonrpc: "2.0", id: message.id, error: mismatch }),
    );
    const client = bridged(url);
    client.send(call("a", { region: "r" }));
    expect(await client.finish()).toMatchObject([{ error: mismatch }]);
    expect(seen).toEqual(["POST tools/call -"]);
  });

  test("is one of many: what is known of the oldest is forgotten", async () => {
    const names = Array.from({ length: 1001 }, (_, index) => `t${index}`);
    const many = names.map((name) => marked(name, "Region"));
    const { url, seen, calls } = await manyTools(many);
    const client = bridged(url);
    client.send(request("tools/list"));
    await client.received(1);
    client.send(call("t1", { region: "r" }));
    await client.received(2);
    client.send(call("t0", { region: "r" }));
    await client.finish();
    expect(calls).toEqual(["r", undefined]);
    expect(seen.slice(1)).toEqual(["POST tools/call -", "POST tools/call -"]);
  });
});

/** A gateway with all tools on one page, that takes every call. */
async function manyTools(tools: object[]) {
  const calls: unknown[] = [];
  const gateway = await gatewayThat((message, outgoing, { headers }) => {
    if (message.method === "tools/call") calls.push(headers["mcp-param-region"]);
    answer(outgoing, message, message.method === "tools/list" ? list(tools) : { content: [] });
  });
  return { ...gateway, calls };
}
