import assert from "node:assert/strict";
import type { Cell } from "../cell.ts";
import { payloadOf, request } from "../clients/raw.ts";
import type { Topic } from "../feature.ts";
import { decorated, knownContents, numbers, unknownContents } from "../server/contents.mjs";
import { key } from "./support.ts";

export const tools: Topic = {
  title: "Tools",
  features: [
    {
      id: "tools-list",
      title: "List: schemas, annotations, icons, `_meta` and unknown fields to the byte",
      async check(cell) {
        const raw = await cell.raw();
        const [answer = ""] = (await raw.exchange(request(key(), "tools/list"))).slice(-1);
        assert.ok(decorated.includes('"name": "decorated"'));
        const expected = decorated.replace('"name": "decorated"', `"name": "${cell.name("decorated")}"`);
        assert.ok(answer.includes(expected), answer);
      },
    },
    {
      id: "tools-call",
      title: "Call: arguments and `_meta` to the byte",
      async check(cell) {
        const raw = await cell.raw();
        const rest = `,"arguments" : {"n":9007199254740993, "f":1.0,"e":"\\u00e4\\/"} , "_meta":{"com.example/a":[1E2]}`;
        const text = `{"jsonrpc":"2.0","id":"${key()}","method":"tools/call","params":{ "name":"NAME"${rest} }}`;
        const came = await raw.exchange(text.replace("NAME", cell.name("echo")));
        const line = JSON.parse(came.at(-1) ?? "").result.content[0].text as string;
        assert.equal(line.slice(line.indexOf('"params":')), `"params":{ "name":"echo"${rest} }}`);
      },
    },
    {
      id: "contents",
      title: "Results of text, images, audio, links to resources and embedded resources",
      async check(cell) {
        const client = await cell.client();
        const result = await client.result("contents");
        assert.deepEqual(result, JSON.parse(knownContents));
      },
    },
    {
      id: "unknown-contents",
      title: "Results of kinds that MCP does not define, to the byte",
      check: (cell) => sameBytes(cell, "unknown_contents", unknownContents),
    },
    {
      id: "numbers",
      title: "Numbers that JavaScript can not hold, to the byte",
      check: (cell) => sameBytes(cell, "numbers", numbers),
    },
    {
      id: "structured-content",
      title: "Structured results, checked by the client against the listed schema",
      async check(cell) {
        const client = await cell.client();
        const { tools: listed } = await client.sdk.listTools();
        const tool = listed.find(({ name }) => name === cell.name("structured"));
        assert.deepEqual(tool?.outputSchema?.required, ["word", "length"]);
        const result = await client.result("structured", { word: "four" });
        assert.deepEqual(result.structuredContent, { word: "four", length: 4 });
      },
    },
    {
      id: "tool-errors",
      title: "Tools that fail (`isError`)",
      async check(cell) {
        const client = await cell.client();
        const content = [{ type: "text", text: "It failed, and says so" }];
        assert.deepEqual(await client.result("fail"), {
          content,
          isError: true,
          _meta: { "com.example/why": 7 },
        });
      },
    },
    {
      id: "tools-changed",
      title: "Changes of the list are announced",
      async check(cell) {
        const client = await cell.client();
        const name = `added-${key()}`;
        await client.sdk.listTools();
        const before = client.heard("notifications/tools/list_changed").length;
        await client.call("change", { list: "tools", name });
        await client.hearsMore("notifications/tools/list_changed", before);
        const { tools: listed } = await client.sdk.listTools();
        assert.ok(listed.some((tool) => tool.name === cell.name(name)));
        assert.equal(await client.call(name), name);
      },
    },
  ],
};

async function sameBytes(cell: Cell, tool: string, expected: string): Promise<void> {
  const raw = await cell.raw();
  const came = await raw.exchange(request(key(), "tools/call", { name: cell.name(tool) }));
  assert.equal(payloadOf(came.at(-1) ?? ""), expected);
}
