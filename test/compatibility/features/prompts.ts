import assert from "node:assert/strict";
import type { Topic } from "../feature.ts";
import { codeOf, key } from "./support.ts";

export const prompts: Topic = {
  title: "Prompts, completion, pages",
  features: [
    {
      id: "prompts-list",
      title: "List, with icons and unknown fields",
      async check(cell) {
        const client = await cell.client();
        const listed = (await client.request("prompts/list")).prompts as { name: string }[];
        assert.deepEqual(
          listed.find(({ name }) => name === cell.name("greet")),
          {
            name: cell.name("greet"),
            title: "Greeting",
            arguments: [{ name: "who", description: "Whom to greet", required: true }],
            icons: [{ src: "https://example.com/prompt.png" }],
            "com.example/unknown": true,
          },
        );
      },
    },
    {
      id: "prompts-get",
      title: "Get, with arguments",
      async check(cell) {
        const client = await cell.client();
        const got = await client.sdk.getPrompt({ name: cell.name("greet"), arguments: { who: "Ada" } });
        assert.deepEqual(got, {
          description: "A greeting",
          messages: [{ role: "user", content: { type: "text", text: "Greet Ada" } }],
        });
      },
    },
    {
      id: "prompts-changed",
      title: "Changes of the list are announced",
      async check(cell) {
        const client = await cell.client();
        const name = `added-${key()}`;
        await client.request("prompts/list");
        const before = client.heard("notifications/prompts/list_changed").length;
        await client.call("change", { list: "prompts", name });
        await client.hearsMore("notifications/prompts/list_changed", before);
        const names: string[] = [];
        for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
          const page = await client.sdk.listPrompts(cursor === undefined ? {} : { cursor });
          names.push(...page.prompts.map((prompt) => prompt.name));
          cursor = page.nextCursor;
        }
        assert.ok(names.includes(cell.name(name)), String(names));
      },
    },
    {
      id: "pages",
      title: "Pages: the server's own cursors on one server; on `/mcp` the gateway reads all pages",
      async check(cell) {
        const client = await cell.client();
        const first = await client.sdk.listPrompts();
        const names = (page: typeof first) => page.prompts.map(({ name }) => name);
        if (cell.place.endpoint === "all") {
          assert.equal(first.nextCursor, undefined);
          for (const server of ["main", "twin"]) {
            assert.ok(names(first).includes(cell.name("last", server)));
          }
        } else {
          assert.deepEqual(names(first), ["greet", "attach"]);
          assert.equal(first.nextCursor, "page 2 / ä");
          assert.equal(names(await client.sdk.listPrompts({ cursor: first.nextCursor ?? "" }))[0], "last");
        }
        assert.equal((await codeOf(client.sdk.listPrompts({ cursor: "nonsense" }))).code, -32602);
      },
    },
    {
      id: "complete-prompts",
      title: "Completion of a prompt's argument, with context",
      async check(cell) {
        const client = await cell.client();
        const { completion } = await client.sdk.complete({
          ref: { type: "ref/prompt", name: cell.name("greet") },
          argument: { name: "who", value: "A" },
          context: { arguments: { other: "x" } },
        });
        assert.deepEqual(completion.values, ["greet", "who", "A", '{"other":"x"}']);
      },
    },
    {
      id: "complete-templates",
      title: "Completion of a resource template's variable",
      async check(cell) {
        const client = await cell.client();
        const { completion } = await client.sdk.complete({
          ref: { type: "ref/resource", uri: "main://item/{id}" },
          argument: { name: "id", value: "4" },
        });
        assert.deepEqual(completion.values, ["main://item/{id}", "id", "4", "{}"]);
      },
    },
  ],
};
