import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { oauthServer } from "../../../packages/runtime-sse/test/support/oauth-server.ts";
import { bins, RunningGateway, run, Sandbox } from "./support/omg.ts";

function configured(sandbox: Sandbox, url: string): string {
  const runtime = { type: "remote-sse", url, allow_private_network: true, auth: { type: "oauth" } };
  return sandbox.write("config.yaml", { servers: [{ id: "mail", runtime }] });
}

/** Runs `omg login` until it says where to log in. */
async function loginBegun(sandbox: Sandbox, config: string) {
  const child = spawn(process.execPath, [bins.omg, "login", "mail", "--json", "--config", config], {
    env: sandbox.env,
    cwd: sandbox.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const complaints = text(child.stderr);
  const closed = once(child, "close") as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? "{}") as Record<string, unknown>;
  const { url } = await next();
  return {
    child,
    url: String(url),
    next,
    ended: async () => ({ code: (await closed)[0], said: await complaints }),
  };
}

describe("omg login", () => {
  test("logs a gateway in while it runs, for this user alone, and omg logout ends that", async () => {
    await using server = await oauthServer();
    using sandbox = new Sandbox();
    const config = configured(sandbox, server.url);
    await using gateway = await RunningGateway.start(sandbox, ["--config", config, "--log-level", "debug"]);
    const call = () => run(sandbox, bins.omg, ["warm", "mail", "--url", gateway.url, "--config", config]);
    const before = await call();
    expect(before.code).not.toBe(0);
    expect(before.stderr).toContain("omg login mail");

    const login = await loginBegun(sandbox, config);
    await (await fetch(login.url)).text();
    expect(await login.next()).toEqual({ server: "mail", logged_in: true });
    expect(await login.ended()).toEqual({ code: 0, said: "" });
    expect(await call()).toMatchObject({ code: 0, stdout: "mail  0 tools\n" });

    // What a client shows to the gateway is for the gateway alone.
    const initialize = {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25" },
    };
    const answer = await fetch(`${gateway.url}/servers/mail/mcp`, {
      method: "POST",
      headers: {
        authorization: "Bearer caller-canary",
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify(initialize),
    });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"result"')]);
    expect(JSON.stringify(server.seen)).not.toContain("caller-canary");

    const folder = join(sandbox.folder, "state", "omg", "store");
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.filter((file) => file.includes("auth"))).not.toEqual([]);
    for (const file of files) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, "utf8")).not.toContain("canary");
    }

    const logout = await run(sandbox, bins.omg, ["logout", "mail", "--config", config]);
    expect(logout).toEqual({ code: 0, stderr: "", stdout: "Logged out of mail: its tokens are revoked\n" });
    expect((await call()).stderr).toContain("omg login mail");
    expect(JSON.stringify(gateway.log)).not.toContain("canary");
  });

  test("ends by a signal, and nothing listens any more", async () => {
    await using server = await oauthServer();
    using sandbox = new Sandbox();
    const login = await loginBegun(sandbox, configured(sandbox, server.url));
    login.child.kill("SIGINT");
    expect(await login.ended()).toEqual({ code: 130, said: "Stopped by SIGINT\n" });
    await expect(fetch(new URL(login.url).searchParams.get("redirect_uri") ?? "")).rejects.toThrow();
  });

  test("says why there is none", async () => {
    using sandbox = new Sandbox();
    const config = sandbox.catalog({ local: [] });
    const flags = ["--catalog", config];
    expect(await run(sandbox, bins.omg, ["login", "other", ...flags])).toMatchObject({
      code: 2,
      stderr: "error[server_unknown]: Server 'other' not found\n",
    });
    const none = await run(sandbox, bins.omg, ["login", "local", ...flags]);
    expect(none.stderr).toContain("needs no login");
  });
});
