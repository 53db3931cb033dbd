import type { InstanceV1 } from "@omg/core/runtime";
import { describe, expect, test } from "vitest";
import { type Setting, setting } from "../support/login.ts";
import { oauthServer } from "../support/oauth-server.ts";
import { startRequest } from "../support/start-request.ts";

async function instanceOf({ runtime, options, store }: Setting): Promise<InstanceV1> {
  const instance = await runtime.start(await startRequest(options, { store }));
  await instance.transport.start();
  return instance;
}

const ask = (instance: InstanceV1, id: number, method = "ping") =>
  instance.transport.send({ jsonrpc: "2.0", id, method, params: {} });

describe("a token that is refused", () => {
  test("is renewed once for all who need it, and their requests are repeated", async () => {
    await using server = await oauthServer();
    const logged = setting(server.url);
    await logged.login();
    server.tokens.clear();
    await using one = await instanceOf(logged);
    await using other = await instanceOf(logged);
    await Promise.all([1, 2, 3, 4].map((id) => ask(id % 2 === 0 ? one : other, id)));
    const grants = server.requests("/token").map(({ form }) => form.get("grant_type"));
    expect(grants).toEqual(["authorization_code", "refresh_token"]);
    expect(server.requests("/token")[1]?.form.get("resource")).toBe(server.url);
  });

  test("is renewed before it is used, once it has ended", async () => {
    await using server = await oauthServer({ expiresIn: 1 });
    const logged = setting(server.url);
    await logged.login();
    expect(await logged.send("ping")).toBeUndefined();
    expect(server.requests("/token")).toHaveLength(2);
    const used = server.requests("/mcp").map(({ authorization }) => authorization?.replace("Bearer ", ""));
    expect(used.at(-1)).toBe([...server.tokens.keys()].at(-1));
  });

  test("asks for a login when it can not be renewed, and says no secret", async () => {
    await using server = await oauthServer();
    const logged = setting(server.url);
    await logged.login();
    server.tokens.clear();
    server.refreshTokens.clear();
    const error = await logged.send("ping");
    expect(error).toMatchObject({ reason: "upstream_auth_required", executed: "no" });
    expect(error?.message).toContain("omg login tested");
    expect(`${error?.message}${error?.stack}${String(error?.cause)}`).not.toContain("canary");
    expect(logged.store.values.has("auth.grant")).toBe(false);
  });

  test.each([true, false])(
    "gives way to a login of meanwhile (without refresh: %s)",
    async (withoutRefresh) => {
      await using server = await oauthServer({ withoutRefresh });
      const logged = setting(server.url);
      await logged.login();
      await using instance = await instanceOf(logged);
      await ask(instance, 1);
      server.tokens.clear();
      server.refreshTokens.clear();
      await logged.login();
      await ask(instance, 2);
      expect(server.requests("/token").map(({ form }) => form.get("grant_type"))).not.toContain(
        "refresh_token",
      );
    },
  );

  test("is shown to no other authorization server", async () => {
    let issuer: string | undefined;
    await using server = await oauthServer({
      resource: (resource) => ({ ...resource, ...(issuer ? { authorization_servers: [issuer] } : {}) }),
    });
    await using other = await oauthServer();
    const logged = setting(server.url);
    await logged.login();
    server.tokens.clear();
    issuer = other.issuer;
    expect(await logged.send("ping")).toMatchObject({ reason: "upstream_auth_required" });
    expect(other.requests("/token")).toEqual([]);
    expect(logged.store.values.has("auth.grant")).toBe(false);
  });
});

describe("a token that is not enough", () => {
  test("asks for a login, which asks for both what was granted and what is missing", async () => {
    await using server = await oauthServer({ callScope: "write" });
    const logged = setting(server.url, { auth: { type: "oauth", scopes: ["read"] } });
    await logged.login();
    const error = await logged.send("tools/call");
    expect(error).toMatchObject({ reason: "upstream_auth_required", detail: "http_403", executed: "no" });
    expect(error?.message).toMatch(/write.*omg login tested/);
    await logged.login();
    expect(server.requests("/authorize").at(-1)?.form.get("scope")).toBe("read write");
    expect(await logged.send("tools/call")).toBeUndefined();
  });

  test("is replaced at once for a client of its own", async () => {
    await using server = await oauthServer({ callScope: "write" });
    const auth = { type: "client_credentials", client_id: "me", client_secret: "s3cret" } as const;
    const machine = setting(server.url, { auth });
    expect(await machine.send("tools/call")).toBeUndefined();
    const [first, second] = server.requests("/token");
    expect(first?.authorization).toBe(`Basic ${btoa("me:s3cret")}`);
    expect([first?.form.get("scope"), second?.form.get("scope")]).toEqual([null, "write"]);
  });
});

describe("the secret of a client", () => {
  const auth = { type: "client_credentials", client_id: "me", client_secret: "s3cret" } as const;

  test("is for the issuer of the entry alone", async () => {
    await using server = await oauthServer();
    const machine = setting(server.url, { auth: { ...auth, issuer: "https://login.example" } });
    expect(await machine.send("ping")).toMatchObject({ reason: "upstream_auth_required" });
    expect(server.requests("/token")).toEqual([]);
    const right = setting(server.url, { auth: { ...auth, issuer: server.issuer } });
    expect(await right.send("ping")).toBeUndefined();
  });

  test("stays with the issuer that had it first", async () => {
    let issuer: string | undefined;
    await using server = await oauthServer({
      resource: (resource) => ({ ...resource, ...(issuer ? { authorization_servers: [issuer] } : {}) }),
    });
    await using other = await oauthServer();
    const machine = setting(server.url, { auth });
    expect(await machine.send("ping")).toBeUndefined();
    server.tokens.clear();
    issuer = other.issuer;
    expect((await machine.send("ping"))?.message).toContain("omg logout");
    expect(other.requests("/token")).toEqual([]);
  });
});

describe("an entry without auth", () => {
  test("hears of the login that the server offers", async () => {
    await using server = await oauthServer();
    const error = await setting(server.url, { auth: undefined }).send("ping");
    expect(error).toMatchObject({ reason: "upstream_auth_required", detail: "http_401" });
    expect(error?.message).toMatch(/auth: \{ type: oauth \}.*omg login tested/);
  });
});
