import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { processesWith } from "./support/processes.ts";
import { listener, traced } from "./support/traced.ts";

describe("what a caller says should be run", () => {
  test("is run by no route, whatever it stands in", async () => {
    let reached = 0;
    const canary = await listener((_request, response) => {
      reached++;
      response.end();
    });
    const { gateway, sandbox } = await traced();
    const pwned = join(sandbox.folder, "pwned");
    const runtime = { type: "local-process", command: "touch", args: [pwned], url: canary, image: "evil" };
    const wish = {
      ...runtime,
      runtime,
      env: { PATH: sandbox.folder, NODE_OPTIONS: `--require=${pwned}` },
      volumes: ["/:/host"],
    };
    const bodies = [
      wish,
      { server: wish, config: wish, catalog_path: pwned, config_path: pwned },
      { id: "new", ...wish, servers: [{ id: "new", ...wish }] },
      { server_id: "s", method: "server/start", params: wish },
      { server_id: { id: "s", ...wish }, method: "tools/list", ...wish },
      { server_id: "s", method: "tools/list", ...wish },
      { salt: "0123456789abcdef", servers: [{ id: "s", parts: wish, ...wish }], ...wish },
      [wish],
    ];
    const query = `?${new URLSearchParams({ command: "touch", args: pwned, url: canary, server_id: "s", id: "new" })}`;
    const headers = {
      "content-type": "application/json",
      "x-server-id": "s",
      "x-command": "touch",
      "x-args": pwned,
    };
    const management = ["start", "stop", "warm"].flatMap((verb) => [
      `/servers/s/${verb}`,
      `/servers/new/${verb}`,
    ]);
    const routes = [
      "/servers",
      "/servers/s",
      "/servers/new",
      ...management,
      "/admin/reload",
      "/catalog/diff",
    ];
    const all = [
      ...routes,
      "/stats",
      "/health",
      "/readyz",
      "/rpc",
      "/mcp",
      "/servers/s/mcp",
      "/admin/servers",
      "/config",
    ];
    const before = await gateway.json("/servers/s");
    const own: string[] = [];
    for (const path of all) {
      for (const method of ["POST", "PUT", "PATCH"]) {
        for (const body of bodies) {
          const answer = await fetch(gateway.url + path + query, {
            method,
            headers,
            body: JSON.stringify(body),
          });
          await answer.text();
          // The verbs of a named server, reading the catalog and calls of the server's own do as they are told.
          if (answer.ok) own.push(`${method} ${path}`);
        }
      }
    }
    const allowed = [
      "/admin/reload",
      "/catalog/diff",
      "/mcp",
      "/rpc",
      "/servers/s/start",
      "/servers/s/stop",
      "/servers/s/warm",
    ];
    expect([...new Set(own)].sort()).toEqual(allowed.map((path) => `POST ${path}`));
    expect([existsSync(pwned), reached, processesWith(canary)]).toEqual([false, 0, []]);
    const after = await gateway.json("/servers/s");
    expect([after.runtime, after.env]).toEqual([before.runtime, before.env]);
    expect((await gateway.json("/stats")).total_servers).toBe(1);
  }, 120_000);
});
