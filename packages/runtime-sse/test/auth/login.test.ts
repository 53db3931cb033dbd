import type { OmgError } from "@omg/core/runtime";
import { describe, expect, test } from "vitest";
import { browse, setting } from "../support/login.ts";
import { type OAuthServerOptions, oauthServer } from "../support/oauth-server.ts";

const failed = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error("it went well");
    },
    (error: OmgError) => error,
  );

describe("a login", () => {
  test("lets requests through from then on, and asks for tokens of this server alone", async () => {
    await using server = await oauthServer();
    const { login, send, store } = setting(server.url);
    expect(await send("ping")).toMatchObject({
      reason: "upstream_auth_required",
      detail: "http_401",
      executed: "no",
      message: expect.stringContaining("omg login tested"),
    });
    await login();
    expect(await send("ping")).toBeUndefined();
    const [authorize] = server.requests("/authorize");
    const [token] = server.requests("/token");
    expect(authorize?.form.get("code_challenge_method")).toBe("S256");
    expect([authorize?.form.get("resource"), token?.form.get("resource")]).toEqual([server.url, server.url]);
    const kept = JSON.stringify([...store.values]);
    for (const secret of [...server.tokens.keys(), ...server.refreshTokens.keys()])
      expect(kept).not.toContain(secret);
  });

  test("registers once, and comes back to the same port", async () => {
    await using server = await oauthServer();
    const { login } = setting(server.url);
    await login();
    await login();
    expect(server.requests("/register")).toHaveLength(1);
    const ports = server.requests("/authorize").map(({ form }) => form.get("redirect_uri"));
    expect(new Set(ports).size).toBe(1);
  });

  test("is forgotten when the address changes", async () => {
    await using server = await oauthServer();
    const before = setting(server.url);
    await before.login();
    const after = setting(`${server.url}?other`);
    for (const [key, value] of before.store.values) after.store.values.set(key, value);
    expect(await after.send("ping")).toMatchObject({ reason: "upstream_auth_required" });
    expect(after.store.values.has("auth.grant")).toBe(false);
  });

  test("ends with a logout, which revokes its tokens", async () => {
    await using server = await oauthServer();
    const { login, logout, send, store, said } = setting(server.url);
    await login();
    await logout();
    expect(said).toEqual(["its tokens are revoked"]);
    expect(server.tokens.size + server.refreshTokens.size).toBe(0);
    expect([...store.values.keys()].filter((key) => key.startsWith("auth"))).toEqual([]);
    expect(await send("ping")).toMatchObject({ reason: "upstream_auth_required" });
  });

  test("takes no answer with another state, and waits for the right one", async () => {
    await using server = await oauthServer();
    const { login, send } = setting(server.url);
    let status = 0;
    await login(async (url) => {
      const back = new URL(new URL(url).searchParams.get("redirect_uri") ?? "");
      back.search = "?code=evil&state=wrong";
      status = (await fetch(back)).status;
      await browse(url);
    });
    expect(status).toBe(400);
    expect(await send("ping")).toBeUndefined();
  });

  test("ends with its signal, and listens no more", async () => {
    await using server = await oauthServer();
    const end = new AbortController();
    const reason = new Error("enough");
    let redirect = "";
    const login = setting(server.url).login((url) => {
      redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
      end.abort(reason);
    }, end.signal);
    expect(await failed(login)).toBe(reason);
    await expect(fetch(redirect)).rejects.toThrow();
  });

  test("says what the authorization server said, in its codes alone", async () => {
    await using server = await oauthServer({
      answer(request, response) {
        if (request.url !== "/token") return false;
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: "invalid_scope", error_description: "secret-canary" }));
        return true;
      },
    });
    const error = await failed(setting(server.url).login());
    expect(error).toMatchObject({ reason: "upstream_auth_required", detail: "invalid_scope" });
    expect(`${error.message}${String(error.cause)}`).not.toContain("canary");
  });
});

describe("no login comes of", () => {
  const evil: [string, OAuthServerOptions, string][] = [
    ["an answer of another issuer", { iss: () => "https://evil.example" }, "iss"],
    ["an answer that does not say whose it is", { iss: () => undefined }, "iss"],
    ...["javascript:alert(1)", "file:///etc/passwd", "http://198.51.100.7/authorize", "--flag", "$(id)"].map(
      (address): [string, OAuthServerOptions, string] => [
        `a login page at ${address}`,
        { metadata: (metadata) => ({ ...metadata, authorization_endpoint: address }) },
        "http",
      ],
    ),
    [
      "metadata of another issuer",
      { metadata: (metadata) => ({ ...metadata, issuer: "https://evil.example" }) },
      "another authorization server",
    ],
    [
      "a server without PKCE",
      { metadata: ({ code_challenge_methods_supported: _, ...metadata }) => metadata },
      "PKCE",
    ],
    [
      "credentials for another server",
      { resource: (resource) => ({ ...resource, resource: "https://bank.example/mcp" }) },
      "another server",
    ],
    [
      "an authorization server where clouds hand out credentials",
      { resource: (resource) => ({ ...resource, authorization_servers: ["http://169.254.169.254"] }) },
      "only https is safe",
    ],
    [
      "a token endpoint without https",
      { metadata: (metadata) => ({ ...metadata, token_endpoint: "http://198.51.100.7/token" }) },
      "its answer can not be used",
    ],
    [
      "an endless body",
      {
        answer(request, response) {
          if (!request.url?.startsWith("/.well-known/oauth-protected")) return false;
          const more = () => {
            while (response.write("x".repeat(16_384)));
          };
          response.on("drain", more);
          more();
          return true;
        },
      },
      "more than 65536 bytes",
    ],
  ];

  test.each(evil)("%s", async (_, options, word) => {
    await using server = await oauthServer(options);
    const { login, store } = setting(server.url);
    const visited: string[] = [];
    const error = await failed(
      login((url) => {
        visited.push(url);
        return browse(url);
      }),
    );
    expect(error.message).toContain(word);
    expect(error.executed).toBe("no");
    expect(store.values.has("auth.grant")).toBe(false);
    for (const url of visited) expect(url).toMatch(`${server.issuer}/authorize?`);
  });
});
