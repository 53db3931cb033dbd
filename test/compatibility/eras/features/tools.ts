import assert from "node:assert/strict";
import { contentTools } from "../../../conformance/server/content-tools.ts";
import type { EraTopic } from "../feature.ts";
import { alone, callRaw, resultIn, textIn } from "./support.ts";

const trace = {
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  tracestate: "vendor=1",
  baggage: "user=ada",
};
const megabyte = 1_000_000;

export const tools: EraTopic = {
  title: "Tools",
  features: [
    {
      id: "list",
      title: "List: schemas, `_meta` and unknown fields",
      async check(cell) {
        const { tools: listed } = resultIn(await (await cell.raw()).ask("tools/list")) as {
          tools: { name: string; inputSchema: unknown }[];
        };
        const find = (own: string) => listed.find(({ name }) => name === cell.name(own));
        const demanding = contentTools.find(({ name }) => name === "json_schema_2020_12_tool");
        assert.deepEqual(find("json_schema_2020_12_tool")?.inputSchema, demanding?.inputSchema);
        assert.partialDeepStrictEqual(find("report"), {
          outputSchema: { type: "object" },
          _meta: { "com.example/listed": { deep: [1, null] } },
          "com.example/unknown": { deep: [2, null] },
        });
      },
    },
    {
      id: "call",
      title: "Call: text, images, audio, embedded resources; tools that fail (`isError`)",
      async check(cell) {
        const client = await cell.client();
        const types = async (tool: string) =>
          ((await client.result(tool)).content as { type: string }[]).map(({ type }) => type);
        assert.deepEqual(await types("test_multiple_content_types"), ["text", "image", "resource"]);
        assert.deepEqual(await types("test_audio_content"), ["audio"]);
        assert.equal((await client.result("test_error_handling")).isError, true);
      },
    },
    {
      id: "structured",
      title: "Structured results, and fields that MCP does not define",
      async check(cell) {
        const args = { b: [1, { a: null }], "": "ä" };
        const client = await cell.client();
        const { structuredContent } = await client.result("report", args);
        assert.deepEqual((structuredContent as { args: unknown }).args, args);
        const result = resultIn(await callRaw(cell, "report", args));
        assert.deepEqual(result["com.example/unknown"], { deep: [5, null] });
      },
    },
    {
      id: "meta",
      title: "`_meta`: keys of vendors and the trace context, both ways; nothing of the other era's envelope",
      async check(cell) {
        const meta = { ...trace, "com.example/asked": { deep: [6, null] } };
        const raw = await cell.raw();
        const answer = await raw.ask("tools/call", { name: cell.name("report"), arguments: {} }, { meta });
        const { structuredContent, _meta } = resultIn(answer);
        assert.deepEqual((structuredContent as { meta: unknown }).meta, meta);
        assert.deepEqual((_meta as Record<string, unknown>)["com.example/answer"], [4, null]);
      },
    },
    {
      id: "large",
      title: "Arguments and results of a megabyte",
      async check(cell) {
        const args = { filling: "ä".repeat(megabyte / 2), size: megabyte };
        const text = await (await cell.client()).call("large", args);
        assert.equal(text, `${megabyte / 2}:${"x".repeat(megabyte)}`);
      },
    },
    {
      id: "header-arguments",
      title: "Arguments that are headers, too (`x-mcp-header`)",
      async check(cell) {
        const client = await cell.client();
        // The SDK's client learns from the list which they are.
        await client.request("tools/list");
        // A modern server over HTTP refuses a call without them.
        assert.equal(await client.call("test_header_argument", { region: "Zürich" }), "Called for Zürich");
      },
    },
    {
      id: "two-clients",
      title: "Two clients that call at once, with the same ids and tokens",
      async check(cell) {
        const first = await cell.raw();
        await using second = await cell.openRaw();
        const name = cell.name("hold");
        const calls = [first, second].map((raw, index) => {
          const key = `${index} ${Math.random()}`;
          const options = { id: 1, meta: { progressToken: 1 } };
          return { raw, key, answer: raw.ask("tools/call", { name, arguments: { key } }, options) };
        });
        const tell = (raw: typeof first, tool: string, key: string) =>
          raw.ask("tools/call", { name: cell.name(tool), arguments: { key } });
        for (const { raw, key } of calls) await tell(raw, "held", key);
        for (const { raw, key, answer } of calls.toReversed()) {
          await tell(raw, "release", key);
          assert.equal(textIn(await answer), key);
        }
      },
      except: [alone],
    },
  ],
};
