import assert from "node:assert/strict";
import { isRunning, until } from "../../../apps/gateway/test/support/processes.ts";
import type { Cell } from "../cell.ts";
import { type Raw, RawRefusal, request, resultOf } from "../clients/raw.ts";
import type { Json } from "../clients/test-client.ts";
import type { Topic } from "../feature.ts";
import { key } from "./support.ts";

export const sessions: Topic = {
  title: "Sessions",
  features: [
    {
      id: "versions",
      title: "Revisions 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25; the latest for one that is unknown",
      async check(cell) {
        for (const version of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
          await settles(cell, version, version);
        }
        await settles(cell, "1999-12-31", "2025-11-25");
      },
    },
    {
      id: "batches",
      title: "Batches, with 2025-03-26 and no other revision",
      async check(cell) {
        const ids = [key(), key()];
        const batch = `[${ids.map((id) => request(id, "tools/call", { name: cell.name("echo") }))}]`;
        const came = await (await cell.raw("2025-03-26")).exchange(batch);
        const answers = came.flatMap((text) => JSON.parse(text));
        assert.deepEqual(answers.map(({ id }) => id).sort(), ids.sort());
        for (const { result } of answers) assert.match(result.content[0].text, /"name":"echo"/);
        assert.match(await refusalOfBatch(await cell.raw(), batch), /2025-03-26/);
      },
      except: [
        {
          at: { front: "sse" },
          reason: "refused: the transport is of 2024-11-05",
          async check(cell) {
            const raw = await cell.raw("2024-11-05");
            await assert.rejects(raw.send(`[${request(1, "ping")}]`), /Batches do not exist here/);
          },
        },
      ],
    },
    {
      id: "instructions",
      title: "Instructions; on `/mcp` those of all servers that have run before, each under its id",
      async check(cell) {
        const { instructions } = (await cell.raw()).introduction;
        if (cell.place.endpoint === "one") assert.equal(instructions, "Instructions of main");
        else {
          const both = "# main\n\nInstructions of main\n\n# twin\n\nInstructions of twin";
          assert.ok(String(instructions).startsWith(both), String(instructions));
        }
      },
      except: [
        {
          at: { endpoint: "all", scope: "session" },
          reason: "not known yet when the session begins",
          check: async (cell) => assert.equal((await cell.raw()).introduction.instructions, undefined),
        },
      ],
    },
    {
      id: "server-info",
      title: "Name, icons and capabilities of the server",
      async check(cell) {
        const { serverInfo, capabilities } = (await cell.raw()).introduction;
        assert.deepEqual(serverInfo, {
          name: "compatibility-main",
          version: "1.2.3",
          title: "Everything of 2025-11-25",
          websiteUrl: "https://example.com",
          icons: [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }],
        });
        const { experimental } = capabilities as { experimental?: unknown };
        assert.deepEqual(experimental, { "com.example/vendor": { colour: "green" } });
      },
      except: [
        {
          at: { endpoint: "all" },
          reason: "the gateway's own",
          async check(cell) {
            const { serverInfo, capabilities } = (await cell.raw()).introduction;
            assert.match((serverInfo as { name: string }).name, /gateway/i);
            const listChanged = true;
            const { tasks: _, ...others } = capabilities as Record<string, unknown>;
            assert.deepEqual(others, {
              tools: { listChanged },
              prompts: { listChanged },
              resources: { listChanged, subscribe: true },
              completions: {},
              logging: {},
            });
          },
        },
      ],
    },
    {
      id: "session-end",
      title: "The end of a session ends its calls and its own processes",
      async check(cell) {
        const server = cell.fragile;
        const raw = await cell.openRaw({ server });
        const pid = await pidOf(cell, raw);
        const held = key();
        call(cell, raw, "hold", { key: held }).catch(() => {});
        const includes = `"hold","arguments":{"key":"${held}"}`;
        await call(cell, raw, "received", { method: "tools/call", includes });
        await raw[Symbol.asyncDispose]();
        await unknown(raw);
        if (cell.place.scope === "session") return void (await until(() => !isRunning(pid), 10_000));
        await using other = await cell.connect({ server });
        assert.equal(await other.call("pid"), String(pid));
        await other.call("received", { method: "notifications/cancelled", call: held });
      },
      except: [
        {
          at: { front: "stdio" },
          reason: "after its calls are answered",
          async check(cell) {
            const raw = await cell.openRaw();
            const pid = await pidOf(cell, raw);
            const answer = call(cell, raw, "contents");
            await raw[Symbol.asyncDispose]();
            assert.ok(resultOf((await answer).at(-1)));
            assert.ok(!isRunning(pid));
          },
        },
      ],
    },
    {
      id: "resumption",
      title: "A stream that broke off goes on (`Last-Event-ID`)",
      async check(cell) {
        await using raw = await cell.openHttp();
        const held = key();
        const params = { name: cell.name("hold"), arguments: { key: held }, _meta: { progressToken: held } };
        const lastEventId = await raw.breakOff(request(held, "tools/call", params), `"message":"held"`);
        const release = { name: cell.name("release"), arguments: { key: held } };
        await raw.exchange(request(key(), "tools/call", release));
        const rest = await raw.goOn(lastEventId);
        assert.deepEqual(
          rest.map((text) => JSON.parse(text).id),
          [held],
        );
      },
      except: [
        { at: { front: "sse" }, reason: "the session ends with its stream", check: endsWithConnection },
        { at: { front: "stdio" }, reason: "the session ends with its pipes", check: endsWithConnection },
      ],
    },
    {
      id: "crash",
      title: "A server crashes: the next call starts it, with subscriptions and log level made again",
      async check(cell) {
        const server = cell.fragile;
        await using client = await cell.connect({ server });
        const uri = `${server}://text`;
        const pid = await client.call("pid");
        await client.sdk.setLoggingLevel("debug");
        await client.sdk.subscribeResource({ uri });
        await assert.rejects(client.call("crash"), /went away/);
        assert.notEqual(await client.call("pid"), pid);
        await client.call("received", { method: "resources/subscribe", includes: uri });
        await client.call("received", { method: "logging/setLevel", includes: '"debug"' });
        // The call that crashed the server was not sent again.
        assert.equal(await client.call("count", { method: "tools/call", includes: '"crash"' }), "0");
        await client.call("touch", { uri });
        assert.deepEqual(await client.hears("notifications/resources/updated"), { uri });
      },
    },
  ],
};

async function settles(cell: Cell, asked: string, settled: string): Promise<void> {
  const raw = await cell.raw(asked);
  assert.equal(raw.introduction.protocolVersion, settled);
  const came = await raw.exchange(request(key(), "tools/call", { name: cell.name("contents") }));
  assert.equal((resultOf(came.at(-1)).content as unknown[]).length, 5);
}

/** What the front says of a batch that it does not take: by HTTP's status, or in a message without an id. */
async function refusalOfBatch(raw: Raw, batch: string): Promise<string> {
  try {
    await raw.send(batch);
  } catch (error) {
    assert.ok(error instanceof RawRefusal && error.status === 400, String(error));
    return error.message;
  }
  return (await raw.settled()).find((text) => text.includes('"code":-32600')) ?? "";
}

async function endsWithConnection(cell: Cell): Promise<void> {
  const raw = await cell.openRaw();
  await pidOf(cell, raw);
  // For stdio this resolves when the process is gone.
  await raw[Symbol.asyncDispose]();
  if (cell.place.front !== "stdio") await unknown(raw);
}

/** Resolves when the session is unknown: a connection that is closed here is closed there a moment later. */
async function unknown(raw: Raw): Promise<void> {
  for (;;) {
    try {
      await raw.send(request(key(), "ping"));
    } catch (error) {
      if (error instanceof RawRefusal && error.status === 404) return;
      throw error;
    }
  }
}

function call(cell: Cell, raw: Raw, name: string, args: Json = {}): Promise<string[]> {
  return raw.exchange(request(key(), "tools/call", { name: cell.name(name, cell.fragile), arguments: args }));
}

async function pidOf(cell: Cell, raw: Raw): Promise<number> {
  const [block] = resultOf((await call(cell, raw, "pid")).at(-1)).content as { text: string }[];
  return Number(block?.text);
}
