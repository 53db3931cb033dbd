import assert from "node:assert/strict";
import { watchedUri } from "../../../conformance/server/resources.ts";
import type { EraTopic } from "../feature.ts";
import { alone } from "./support.ts";

const updated = "notifications/resources/updated";

export const changes: EraTopic = {
  title: "Changes: sessions and `resources/subscribe`, or `subscriptions/listen`",
  features: [
    {
      id: "list-changes",
      title: "Changes of the lists of tools and prompts are announced",
      async check(cell) {
        const client = await cell.client();
        await using _watching = await client.watch(cell.uri(watchedUri));
        for (const [list, trigger] of [
          ["tools", "test_trigger_tool_change"],
          ["prompts", "test_trigger_prompt_change"],
        ] as const) {
          const method = `notifications/${list}/list_changed`;
          const names = async () => {
            const { [list]: items } = (await client.request(`${list}/list`)) as Record<string, unknown[]>;
            return JSON.stringify(items?.map((item) => (item as { name: string }).name));
          };
          const passing = `"${cell.name(list === "tools" ? "test_passing_tool" : "test_passing_prompt")}"`;
          for (const isThere of [true, false]) {
            assert.equal((await names()).includes(passing), !isThere);
            const before = client.heard(method).length;
            await client.call(trigger);
            await client.hearsMore(method, before);
            assert.equal((await names()).includes(passing), isThere);
          }
        }
      },
    },
    {
      id: "subscriptions",
      title: "Changes of a resource, as long as the client wants to hear of them",
      async check(cell) {
        const client = await cell.client();
        const uri = cell.uri(watchedUri);
        const before = client.heard(updated).length;
        {
          await using _watching = await client.watch(uri);
          await client.call("test_resource_update");
          await client.hearsMore(updated, before);
          assert.equal(client.heard(updated).at(-1)?.uri, uri);
        }
        const then = client.heard(updated).length;
        await client.call("test_resource_update");
        // What comes after it has come.
        await client.call("test_simple_text");
        assert.equal(client.heard(updated).length, then);
      },
    },
    {
      id: "both-eras",
      title: "The same for clients of both eras at one server: one leaves, and the other still hears",
      async check(cell) {
        const client = await cell.client();
        await using other = await cell.connect({ era: cell.place.client === "legacy" ? "modern" : "legacy" });
        const uri = cell.uri(watchedUri);
        for (const [staying, leaving] of [
          [client, other],
          [other, client],
        ] as const) {
          await using _staying = await staying.watch(uri);
          {
            await using _leaving = await leaving.watch(uri);
            const before = leaving.heard(updated).length;
            await staying.call("test_resource_update");
            await leaving.hearsMore(updated, before);
          }
          const before = [staying, leaving].map((one) => one.heard(updated).length);
          await leaving.call("test_resource_update");
          await staying.hearsMore(updated, before[0] ?? 0);
          assert.equal(leaving.heard(updated).length, before[1]);
        }
      },
      except: [alone],
    },
  ],
};
