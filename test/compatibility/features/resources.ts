import assert from "node:assert/strict";
import type { Cell } from "../cell.ts";
import type { Topic } from "../feature.ts";
import { codeOf, key } from "./support.ts";

export const resources: Topic = {
  title: "Resources",
  features: [
    {
      id: "resources-list",
      title: "List of resources and of templates, with unknown fields",
      async check(cell) {
        const client = await cell.client();
        const listed = (await client.request("resources/list")).resources as { uri: string }[];
        assert.deepEqual(
          listed.find(({ uri }) => uri === "main://text"),
          { uri: "main://text", name: "text", mimeType: "text/plain", size: 12, "com.example/unknown": [1] },
        );
        const { resourceTemplates } = await client.sdk.listResourceTemplates();
        const item = { uriTemplate: "main://item/{id}", name: "item", mimeType: "application/json" };
        assert.deepEqual(
          resourceTemplates.find(({ uriTemplate }) => uriTemplate === item.uriTemplate),
          item,
        );
      },
    },
    {
      id: "resources-read",
      title: "Read text, bytes, and what a template stands for",
      async check(cell) {
        const client = await cell.client();
        const read = async (uri: string) => (await client.sdk.readResource({ uri })).contents;
        assert.deepEqual(await read("main://text"), [{ uri: "main://text", text: "Note of main" }]);
        assert.deepEqual(await read("main://bytes"), [{ uri: "main://bytes", blob: "AAH+/w==" }]);
        assert.deepEqual(await read("main://item/4"), [{ uri: "main://item/4", text: "Item 4 of main" }]);
        const refused = await codeOf(read("main://nothing"));
        assert.equal(refused.code, -32002);
        // Nobody lists it, so on /mcp no server is asked.
        const told = cell.place.endpoint === "all" ? "unknown_resource" : undefined;
        const { reason, uri = "main://nothing" } = refused.data as { reason?: string; uri?: string };
        assert.deepEqual([reason, uri], [told, "main://nothing"]);
      },
    },
    {
      id: "resources-changed",
      title: "Changes of the list are announced",
      async check(cell) {
        const client = await cell.client();
        const name = `added-${key()}`;
        await client.sdk.listResources();
        const before = client.heard("notifications/resources/list_changed").length;
        await client.call("change", { list: "resources", name });
        await client.hearsMore("notifications/resources/list_changed", before);
        const { resources: listed } = await client.sdk.listResources();
        assert.ok(listed.some(({ uri }) => uri === `main://${name}`));
      },
    },
    {
      id: "shared-uris",
      title: "URIs that several servers list: `omg:SERVER/URI` on `/mcp`, untouched on one server",
      async check(cell) {
        const client = await cell.client();
        const listed = (await client.sdk.listResources()).resources.map(({ uri }) => uri);
        const templates = (await client.sdk.listResourceTemplates()).resourceTemplates;
        for (const server of servers(cell)) {
          const note = outward(cell, server, "shared://note");
          assert.ok(listed.includes(note), String(listed));
          const template = outward(cell, server, "shared://entry/{id}");
          assert.ok(templates.some(({ uriTemplate }) => uriTemplate === template));
          const { contents } = await client.sdk.readResource({ uri: note });
          assert.deepEqual(contents, [{ uri: note, text: `Note of ${server}` }]);
          const uri = outward(cell, server, "shared://entry/4");
          const item = await client.sdk.readResource({ uri });
          assert.deepEqual(item.contents, [{ uri, text: `Item 4 of ${server}` }]);
          const { completion } = await client.sdk.complete({
            ref: { type: "ref/resource", uri: template },
            argument: { name: "id", value: "" },
          });
          assert.equal(completion.values[0], "shared://entry/{id}");
        }
        if (cell.place.endpoint === "one") return;
        const refused = await codeOf(client.sdk.readResource({ uri: "shared://note" }));
        assert.match(refused.message, /several servers use it/);
      },
    },
    {
      id: "shared-uris-in-results",
      title: "The same in links and embedded resources of tools and prompts",
      async check(cell) {
        const client = await cell.client();
        for (const server of servers(cell)) {
          const uri = outward(cell, server, "shared://note");
          const name = cell.name("link", server);
          const result = await client.request("tools/call", { name, arguments: { uri: "shared://note" } });
          assert.deepEqual(result.content, [
            { type: "resource_link", uri, name: "linked" },
            { type: "resource", resource: { uri, text: "embedded" } },
          ]);
          const { messages } = await client.sdk.getPrompt({ name: cell.name("attach", server) });
          assert.deepEqual(messages[0]?.content, { type: "resource", resource: { uri, text: "attached" } });
        }
      },
    },
  ],
};

function servers({ place }: Cell): string[] {
  return place.endpoint === "all" ? ["main", "twin"] : ["main"];
}

function outward({ place }: Cell, server: string, uri: string): string {
  return place.endpoint === "all" ? `omg:${server}/${uri}` : uri;
}
