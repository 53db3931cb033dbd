import { describe, expect, test } from "vitest";
import { CredentialStore } from "../../src/auth/credential-store.ts";
import { memoryStore } from "../support/start-request.ts";

const auth = { type: "oauth" } as const;
const url = new URL("https://mcp.example/mcp");
const grant = {
  issuer: "https://login.example",
  client: { client_id: "id", client_secret: "secret-canary" },
  accessToken: "access-canary",
};

describe("the store of credentials", () => {
  test("gives back what it was given, and shows nothing of it", async () => {
    const store = memoryStore();
    const credentials = new CredentialStore({ store, server: "mail", url, auth });
    await credentials.set("grant", grant);
    expect(await credentials.get("grant")).toEqual(grant);
    const kept = [...store.values.values()];
    expect(kept.join()).not.toContain("canary");
    expect(kept.map((value) => Buffer.from(value, "base64").toString("latin1")).join()).not.toContain(
      "canary",
    );
  });

  test.each([
    ["another server", { server: "other" }],
    ["another address", { url: new URL("https://mcp.example/other") }],
    ["another client", { auth: { ...auth, client_id: "other" } }],
    ["another way to log in", { auth: { type: "client_credentials", client_id: "a", client_secret: "b" } }],
  ] as const)("has nothing for %s, and forgets what it had", async (_, change) => {
    const store = memoryStore();
    const parts = { store, server: "mail", url, auth };
    await new CredentialStore(parts).set("grant", grant);
    expect(await new CredentialStore({ ...parts, ...change }).get("grant")).toBeUndefined();
    expect(store.values.has("auth.grant")).toBe(false);
  });

  test("takes nothing that somebody else has written", async () => {
    const store = memoryStore();
    const credentials = new CredentialStore({ store, server: "mail", url, auth });
    await credentials.set("step-up", "write");
    store.values.set("auth.grant", store.values.get("auth.step-up") ?? "");
    expect(await credentials.get("grant")).toBeUndefined();
    store.values.set("auth.grant", "nonsense");
    expect(await credentials.get("grant")).toBeUndefined();
  });
});
