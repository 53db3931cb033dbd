import assert from "node:assert/strict";
import type { Cell } from "../cell.ts";
import type { Topic } from "../feature.ts";
import { alone, key } from "./support.ts";

const updated = "notifications/resources/updated";

export const subscriptions: Topic = {
  title: "Subscriptions to resources",
  features: [
    {
      id: "subscribe",
      title: "Subscribe, hear of a change, unsubscribe",
      check: (cell) => follow(cell, { uri: "main://text", server: "main" }),
    },
    {
      id: "shared-uris-updated",
      title: "The same for URIs that several servers list",
      async check(cell) {
        const uri = "shared://note";
        if (cell.place.endpoint === "one") return follow(cell, { uri, server: "main" });
        await follow(cell, { uri, server: "main", seen: `omg:main/${uri}` });
        await follow(cell, { uri, server: "twin", seen: `omg:twin/${uri}` });
      },
    },
    {
      id: "two-subscribers",
      title: "Two clients subscribe and one leaves: the other still hears",
      async check(cell) {
        const uri = `main://item/${key()}`;
        const first = await cell.client();
        const asked = async (client: typeof first, what: string) =>
          Number(await client.call("count", { method: `resources/${what}`, includes: uri }));
        {
          await using second = await cell.connect();
          await first.sdk.subscribeResource({ uri });
          await second.sdk.subscribeResource({ uri });
          assert.equal(await asked(second, "subscribe"), 1);
          await first.sdk.unsubscribeResource({ uri });
          assert.equal(await asked(second, "unsubscribe"), 0);
          await second.call("touch", { uri });
          assert.deepEqual(await second.hears(updated, uri), { uri });
          assert.deepEqual(first.heard(updated, uri), []);
        }
        // The last one leaves without a word.
        await first.call("received", { method: "resources/unsubscribe", includes: uri });
      },
      except: [alone],
    },
  ],
};

interface Followed {
  /** As the server calls it, and as clients see it. */
  readonly uri: string;
  readonly seen?: string;
  readonly server: string;
}

async function follow(cell: Cell, { uri, seen = uri, server }: Followed): Promise<void> {
  const client = await cell.client();
  const touch = async () => {
    const name = cell.name("touch", server);
    const { content } = await client.request("tools/call", { name, arguments: { uri } });
    return (content as { text: string }[])[0]?.text ?? "";
  };
  await client.sdk.subscribeResource({ uri: seen });
  const before = client.heard(updated).length;
  assert.ok((await touch()).includes(uri));
  await client.hearsMore(updated, before);
  assert.deepEqual(client.heard(updated).at(-1), { uri: seen });
  await client.sdk.unsubscribeResource({ uri: seen });
  assert.ok(!(await touch()).includes(uri));
}
