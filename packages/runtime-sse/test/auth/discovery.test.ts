import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { discover } from "../../src/auth/discovery.ts";
import { guardedFetch } from "../../src/auth/guarded-fetch.ts";
import { outbound } from "../../src/outbound.ts";

const url = new URL("https://mcp.example/mcp");

/** Everything but the server itself is asked for through the guarded way out. */
async function discovered(resource: object, metadataUrl?: string) {
  const dispatcher = outbound({ url, allowPrivate: false, connectMs: 1000, env: {} });
  const guarded = guardedFetch({ dispatcher, allowPrivate: false });
  const resourceMetadata = metadataUrl === undefined ? undefined : new URL(metadataUrl);
  try {
    return await discover(url, { resourceMetadata }, async (target, init) =>
      new URL(target).origin === url.origin ? Response.json(resource) : guarded(target, init),
    );
  } finally {
    await dispatcher.destroy();
  }
}

describe("discovery", () => {
  test.each(["http", "https"])("dials no private address that a server names, by %s", async (scheme) => {
    let connections = 0;
    const canary = createServer().on("connection", () => connections++);
    await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
    const place = `${scheme}://127.0.0.1:${(canary.address() as AddressInfo).port}`;
    const resource = { resource: url.href, authorization_servers: [place] };
    await expect(discovered(resource)).rejects.toMatchObject({ detail: "address_refused", executed: "no" });
    await expect(discovered({}, `${place}/metadata`)).rejects.toMatchObject({
      reason: "upstream_protocol_error",
      message: expect.stringContaining("which is refused"),
    });
    expect(connections).toBe(0);
    await new Promise((resolve) => canary.close(resolve));
  });

  test("follows no redirect", async () => {
    let connections = 0;
    const canary = createServer((request, response) => {
      connections++;
      response.writeHead(302, { location: `/again${request.url}` }).end();
    });
    await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
    const { port } = canary.address() as AddressInfo;
    const dispatcher = outbound({ url, allowPrivate: true, connectMs: 1000, env: {} });
    const fetch = guardedFetch({ dispatcher, allowPrivate: true });
    const response = await fetch(`http://127.0.0.1:${port}/a`);
    expect([response.status, response.headers.get("location"), connections]).toEqual([302, null, 1]);
    await expect(discover(new URL(`http://127.0.0.1:${port}/mcp`), {}, fetch)).rejects.toMatchObject({
      reason: "upstream_auth_required",
    });
    await dispatcher.destroy();
    canary.closeAllConnections();
    await new Promise((resolve) => canary.close(resolve));
  });
});
