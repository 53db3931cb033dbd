import assert from "node:assert/strict";
import type { EraCell } from "../cell.ts";
import { modernVersion } from "../clients/raw-modern.ts";
import type { EraException, EraTopic } from "../feature.ts";
import { refused, resultIn } from "./support.ts";

const reserved = "io.modelcontextprotocol/";

/** Revisions up to 2025-11-25 do not have such members; what a server says stays. */
function notThere(member: string): EraException {
  return {
    at: { client: "legacy" },
    reason: "not part of its revisions; what a server says stays",
    async check(cell) {
      const raw = await cell.raw();
      const result = resultIn(await raw.ask("resources/read", { uri: cell.uri("test://static-text") }));
      assert.equal(member in result, cell.place.server === "modern");
    },
  };
}

const withoutHeaders: Pick<EraException, "reason" | "check"> = {
  reason: "no such headers",
  async check(cell) {
    const raw = await cell.raw();
    resultIn(await raw.ask("tools/call", { name: cell.name("test_simple_text"), arguments: {} }));
  },
};

export const errors: EraTopic = {
  title: "Forms of answers, and errors",
  features: [
    {
      id: "result-type",
      title: "Every result says its type (`resultType`)",
      async check(cell) {
        const raw = await cell.raw();
        for (const [method, params] of results(cell)) {
          assert.equal(resultIn(await raw.ask(method, params)).resultType, "complete", method);
        }
      },
      except: [notThere("resultType")],
    },
    {
      id: "caching",
      title: "Lists and resources say how long and for whom they may be kept (`ttlMs`, `cacheScope`)",
      async check(cell) {
        const raw = await cell.raw();
        for (const [method, params] of results(cell)) {
          if (method === "tools/call") continue;
          const { ttlMs, cacheScope } = resultIn(await raw.ask(method, params));
          assert.equal(typeof ttlMs, "number", method);
          assert.match(String(cacheScope), /^(public|private)$/);
          // A server that says nothing of it promises nothing.
          if (cell.place.server === "legacy") assert.deepEqual([ttlMs, cacheScope], [0, "private"]);
        }
      },
      except: [notThere("ttlMs")],
    },
    {
      id: "unknown-tool",
      title: "A tool that does not exist: -32602",
      async check(cell) {
        const raw = await cell.raw();
        const params = { name: cell.name("nothing"), arguments: {} };
        refused(await raw.ask("tools/call", params), -32602, /nothing/);
      },
    },
    {
      id: "unknown-resource",
      title: "A resource that does not exist: -32602",
      async check(cell) {
        const raw = await cell.raw();
        refused(await raw.ask("resources/read", { uri: "test://nothing" }), -32602, /./);
      },
      except: [
        {
          at: { client: "legacy", endpoint: "all" },
          reason: "-32002, as its revisions have it",
          async check(cell) {
            const raw = await cell.raw();
            refused(await raw.ask("resources/read", { uri: "test://nothing" }), -32002, /./);
          },
        },
      ],
    },
    {
      id: "unknown-method",
      title: "A method that does not exist: -32601; without a session over HTTP with the status 404",
      async check(cell) {
        const raw = await cell.raw();
        const answer = await raw.ask("com.example/nothing");
        refused(answer, -32601, /./);
        const { front, client } = cell.place;
        if (front === "http") assert.equal(answer.status ?? 200, client === "modern" ? 404 : 200);
      },
    },
    {
      id: "unsupported-version",
      title: "A revision that does not exist: -32022, with those that do",
      async check(cell) {
        const raw = await cell.raw();
        const version = "2099-01-01";
        const meta = { [`${reserved}protocolVersion`]: version };
        const answer = await raw.ask(
          "tools/list",
          {},
          { meta, headers: { "mcp-protocol-version": version } },
        );
        refused(answer, -32022, /2099-01-01/);
        assert.deepEqual(answer.error?.data?.supported, [modernVersion]);
        if (cell.place.front === "http") assert.equal(answer.status, 400);
      },
      except: [
        {
          at: { client: "legacy" },
          reason: "`initialize` agrees on the latest of its revisions",
          async check(cell) {
            await using raw = await cell.openRaw({ version: "2099-01-01" });
            assert.equal(raw.introduction?.protocolVersion, "2025-11-25");
          },
        },
      ],
    },
    {
      id: "incomplete",
      title: "A request that does not say what its client can do: -32602",
      async check(cell) {
        const raw = await cell.raw();
        const meta = { [`${reserved}clientCapabilities`]: undefined };
        const answer = await raw.ask("tools/list", {}, { meta });
        refused(answer, -32602, /clientCapabilities/);
        if (cell.place.front === "http") assert.equal(answer.status, 400);
      },
      except: [
        {
          at: { client: "legacy" },
          reason: "its session has said so",
          async check(cell) {
            resultIn(await (await cell.raw()).ask("tools/list"));
          },
        },
      ],
    },
    {
      id: "header-mismatch",
      title: "Headers that do not match the body: -32020",
      async check(cell) {
        const raw = await cell.raw();
        for (const headers of [{ "mcp-method": "tools/list" }, { "mcp-name": "another" }]) {
          const params = { name: cell.name("test_simple_text"), arguments: {} };
          const answer = await raw.ask("tools/call", params, { headers });
          refused(answer, -32020, /./);
          assert.equal(answer.status, 400);
        }
      },
      except: [
        { at: { client: "legacy" }, ...withoutHeaders },
        { at: { front: "stdio" }, ...withoutHeaders },
      ],
    },
    {
      id: "removed",
      title: "`ping`, `initialize`, `logging/setLevel`, `resources/subscribe` and `resources/unsubscribe`",
      async check(cell) {
        const raw = await cell.raw();
        const uri = cell.uri("test://static-text");
        assert.deepEqual(resultIn(await raw.ask("ping")), {});
        resultIn(await raw.ask("logging/setLevel", { level: "error" }));
        resultIn(await raw.ask("resources/subscribe", { uri }));
        resultIn(await raw.ask("resources/unsubscribe", { uri }));
      },
      except: [
        {
          at: { client: "modern" },
          reason: "gone in 2026-07-28: -32601, which names what replaces them",
          async check(cell) {
            const raw = await cell.raw();
            const discover = /server\/discover/;
            for (const [method, replacement] of [
              ["ping", discover],
              ["initialize", discover],
              ["logging/setLevel", /logLevel/],
              ["resources/subscribe", /subscriptions\/listen/],
              ["resources/unsubscribe", /subscriptions\/listen/],
            ] as const) {
              const answer = await raw.ask(method, { uri: "test://static-text", level: "error" });
              refused(answer, -32601, replacement);
              if (cell.place.front === "http") assert.equal(answer.status, 404);
            }
          },
        },
      ],
    },
  ],
};

/** Requests whose results have what every result has. */
function results(cell: EraCell): [method: string, params: Record<string, unknown>][] {
  return [
    ["server/discover", {}],
    ["tools/list", {}],
    ["prompts/list", {}],
    ["resources/list", {}],
    ["resources/templates/list", {}],
    ["resources/read", { uri: cell.uri("test://static-text") }],
    ["tools/call", { name: cell.name("test_simple_text"), arguments: {} }],
  ];
}
