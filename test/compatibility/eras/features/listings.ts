import assert from "node:assert/strict";
import { watchedUri } from "../../../conformance/server/resources.ts";
import type { EraTopic } from "../feature.ts";

const plainUri = "test://static-text";

export const listings: EraTopic = {
  title: "Prompts, completion, resources",
  features: [
    {
      id: "prompts",
      title: "Prompts: list, and get with arguments",
      async check(cell) {
        const client = await cell.client();
        const { prompts } = (await client.request("prompts/list")) as { prompts: { name: string }[] };
        const name = cell.name("test_prompt_with_arguments");
        assert.ok(prompts.some((prompt) => prompt.name === name));
        const got = await client.request("prompts/get", { name, arguments: { arg1: "ä", arg2: "b" } });
        assert.deepEqual(got.messages, [
          { role: "user", content: { type: "text", text: "Prompt with arguments: arg1='ä', arg2='b'" } },
        ]);
      },
    },
    {
      id: "completion",
      title: "Completion of a prompt's argument and of a template's variable",
      async check(cell) {
        const client = await cell.client();
        for (const ref of [
          { type: "ref/prompt", name: cell.name("test_prompt_with_arguments") },
          { type: "ref/resource", uri: cell.uri("test://template/{id}/data") },
        ]) {
          const argument = { name: "arg1", value: "part" };
          const { completion } = await client.request("completion/complete", { ref, argument });
          assert.deepEqual(completion, { values: ["party"], total: 1, hasMore: false });
        }
      },
    },
    {
      id: "resources",
      title: "Resources and templates: list and read",
      async check(cell) {
        const client = await cell.client();
        const { resources } = (await client.request("resources/list")) as { resources: { uri: string }[] };
        const uris = resources.map(({ uri }) => uri);
        for (const own of [plainUri, watchedUri]) assert.ok(uris.includes(cell.uri(own)));
        const { resourceTemplates } = (await client.request("resources/templates/list")) as {
          resourceTemplates: { uriTemplate: string }[];
        };
        const template = cell.uri("test://template/{id}/data");
        assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === template));
        for (const [own, part] of [
          [plainUri, "static text"],
          ["test://template/7/data", "Data for ID: 7"],
        ] as const) {
          const uri = cell.uri(own);
          const { contents } = (await client.request("resources/read", { uri })) as {
            contents: { uri: string; text: string }[];
          };
          assert.equal(contents[0]?.uri, uri);
          assert.ok(contents[0].text.includes(part));
        }
      },
    },
  ],
};
