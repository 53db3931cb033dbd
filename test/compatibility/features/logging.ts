import assert from "node:assert/strict";
import type { TestClient } from "../clients/test-client.ts";
import type { Topic } from "../feature.ts";
import { alone, key, whileAnotherCalls } from "./support.ts";

const message = "notifications/message";

export const logging: Topic = {
  title: "Log messages",
  features: [
    {
      id: "log-level",
      title: "From the level on that the client asks for; on `/mcp` the logger carries its server",
      async check(cell) {
        const client = await cell.client();
        await client.sdk.setLoggingLevel("warning");
        assert.deepEqual(await levels(client), ["warning", "error"]);
        assert.equal(client.heard(message).at(-1)?.logger, cell.name("log"));
        await client.sdk.setLoggingLevel("info");
      },
    },
    {
      id: "log-levels",
      title: "Two clients with levels of their own, each hears what its own calls cause",
      async check(cell) {
        const quiet = await cell.client();
        await using loud = await cell.connect();
        await quiet.sdk.setLoggingLevel("error");
        await loud.sdk.setLoggingLevel("debug");
        const before = quiet.heard(message).length;
        assert.deepEqual(await levels(loud), ["debug", "info", "warning", "error"]);
        assert.equal(quiet.heard(message).length, before);
        assert.deepEqual(await levels(quiet), ["error"]);
        await quiet.sdk.setLoggingLevel("info");
      },
      except: [alone],
    },
    {
      id: "logs-of-several",
      title: "While several clients have calls in flight",
      check: (cell) =>
        whileAnotherCalls(cell, async (client, other) => {
          assert.deepEqual(await levels(client), ["info", "warning", "error"]);
          assert.deepEqual(other.heard(message), []);
        }),
      except: [
        alone,
        {
          at: { scope: "shared" },
          reason: "dropped",
          check: (cell) =>
            whileAnotherCalls(cell, async (client, other) => {
              const data = key();
              await client.call("log", { data });
              await client.request("ping");
              for (const one of [client, other]) assert.deepEqual(one.heard(message, data), []);
            }),
        },
      ],
    },
  ],
};

/** The levels of the messages that a call causes at a server that has something to say at each. */
async function levels(client: TestClient): Promise<unknown[]> {
  const data = key();
  await client.call("log", { data });
  await client.hears(message, `"data":"${data}","level":"error"`);
  return client.heard(message, data).map(({ level }) => level);
}
