import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileStore, removeForgotten } from "../src/state/file-store.ts";
import { RunningGateway, Sandbox, scripted } from "./support/omg.ts";

describe("the store in files", () => {
  test("keeps, replaces and forgets values under any key", async () => {
    using sandbox = new Sandbox();
    const folder = join(sandbox.folder, "store");
    const store = fileStore(folder);
    const keys = ["plain", "a/b", "a%2Fb", "../out", "ü ", "con", "x:y"];
    for (const key of keys) {
      expect(await store.get(key)).toBeUndefined();
      await store.set(key, `first ${key}`);
      await store.set(key, `of ${key}`);
    }
    for (const key of keys) expect(await fileStore(folder).get(key)).toBe(`of ${key}`);
    expect(readdirSync(folder)).toHaveLength(keys.length);
    for (const key of keys) await store.delete(key);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is for this user alone", async () => {
    using sandbox = new Sandbox();
    const folder = join(sandbox.folder, "store");
    await fileStore(folder).set("key", "value");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "key")).mode & 0o777).toBe(0o600);
  });

  test("never gives half a value, however many write", async () => {
    using sandbox = new Sandbox();
    const store = fileStore(join(sandbox.folder, "store"));
    const values = ["a", "b", "c"].map((letter) => letter.repeat(300_000));
    await store.set("key", values[0] ?? "");
    const writes = Promise.all(
      Array.from({ length: 30 }, (_, round) => store.set("key", values[round % 3] ?? "")),
    );
    for (let round = 0; round < 30; round++) expect(values).toContain(await store.get("key"));
    await writes;
    expect(readdirSync(join(sandbox.folder, "store"))).toEqual(["key"]);
  });

  test("drops what nobody asked for in two months, and nothing else", async () => {
    using sandbox = new Sandbox();
    const store = fileStore(sandbox.folder);
    const longAgo = Date.now() / 1000 - 61 * 24 * 3600;
    for (const key of ["unused", "used", "new"]) await store.set(key, key);
    for (const key of ["unused", "used"]) utimesSync(join(sandbox.folder, key), longAgo, longAgo);
    expect(await store.get("used")).toBe("used");
    await removeForgotten(sandbox.folder);
    expect(readdirSync(sandbox.folder).sort()).toEqual(["new", "used"]);
    await removeForgotten(join(sandbox.folder, "not there"));
  });
});

describe("a gateway that was started before", () => {
  test("lists its servers with none started, and keeps no secret on disk", async () => {
    using sandbox = new Sandbox();
    const secret = "S3CR3T-on-disk";
    const count = join(sandbox.folder, "starts");
    const servers = ["a", "b"].map((id) => ({
      id,
      runtime: scripted("--count-file", count),
      env: { TOKEN: "${TOKEN}" },
    }));
    const catalog = sandbox.write("catalog.yaml", { servers });
    const start = () => RunningGateway.start(sandbox, ["--catalog", catalog], { TOKEN: secret });
    const list = async (gateway: RunningGateway) => {
      const initialize = await fetch(`${gateway.url}/mcp`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 0,
          method: "initialize",
          params: {
            protocolVersion: "2025-06-18",
            capabilities: {},
            clientInfo: { name: "t", version: "1" },
          },
        }),
      });
      const session = initialize.headers.get("mcp-session-id") ?? "";
      const answer = await fetch(`${gateway.url}/mcp`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-session-id": session,
        },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
      });
      return ((await answer.json()) as { result: { tools: { name: string }[] } }).result.tools;
    };
    const first = await start();
    const tools = await list(first);
    await first.stop();
    const starts = readFileSync(count, "utf8");
    await using second = await start();
    expect(await list(second)).toEqual(tools);
    expect(tools.map(({ name }) => name)).toContain("b__echo");
    expect(readFileSync(count, "utf8")).toBe(starts);
    const store = join(sandbox.folder, "state/omg/store");
    const kept = readdirSync(store).map((name) => name + readFileSync(join(store, name), "utf8"));
    expect(kept).toHaveLength(3);
    expect(kept.join()).not.toContain(secret);
  });
});
