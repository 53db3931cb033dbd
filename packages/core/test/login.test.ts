import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/gateway/memory-store.ts";
import { type LoginOptions, login, logout } from "../src/index.ts";
import { defineRuntime, type LoginRequest, OmgError, type RuntimeV1 } from "../src/runtime/index.ts";

type Options = { readonly key: string };

const schema: RuntimeV1<Options>["options"] = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as Options }) },
};

function setting(more: Partial<RuntimeV1<Options>>, entry: object = {}) {
  const runtime = defineRuntime<Options>({
    specVersion: "v1",
    name: "remote",
    options: schema,
    inherits: ["HTTPS_PROXY"],
    start: () => Promise.reject(new Error("nothing starts")),
    ...more,
  });
  const visited: string[] = [];
  const said: string[] = [];
  const options: LoginOptions = {
    config: {
      servers: [{ id: "mail", runtime: { type: "remote", key: "hidden" }, secrets: ["hidden"], ...entry }],
      base_directory: "/etc/omg",
    },
    runtimes: [runtime as RuntimeV1],
    store: memoryStore(),
    hostEnv: { HTTPS_PROXY: "http://proxy", OTHER: "no" },
    signal: new AbortController().signal,
    visit: (url) => visited.push(url),
    progress: (message) => said.push(message),
  };
  return { options, visited, said };
}

describe("login and logout", () => {
  test("give the runtime what a start would get, and the server's part of the store", async () => {
    const requests: LoginRequest<Options>[] = [];
    const { options, visited, said } = setting({
      async login(request) {
        requests.push(request);
        request.visit("https://login.example/");
        request.progress("the key is hidden");
        await request.store.set("token", "t");
      },
    });
    await login("mail", options);
    expect(requests).toMatchObject([
      {
        server: "mail",
        options: { key: "hidden" },
        env: { HTTPS_PROXY: "http://proxy" },
        baseDirectory: "/etc/omg",
      },
    ]);
    expect(requests[0]?.env).not.toHaveProperty("OTHER");
    expect(visited).toEqual(["https://login.example/"]);
    expect(said).toEqual(["the key is [redacted]"]);
    expect(await options.store.get("remote/mail/token")).toBe("t");
  });

  test("call what the runtime has for it", async () => {
    const done: string[] = [];
    const { options } = setting({
      login: async () => void done.push("login"),
      logout: async () => void done.push("logout"),
    });
    await login("mail", options);
    await logout("mail", options);
    expect(done).toEqual(["login", "logout"]);
  });

  test.each([
    ["a server that is not there", "other", {}, "server_unknown"],
    ["an entry that can not be used", "mail", { problem: "it has no url" }, "server_disabled"],
    ["a runtime without logins", "mail", {}, "bad_params"],
  ])("refuse %s", async (_, id, entry, reason) => {
    const { options } = setting({}, entry);
    for (const act of [login, logout]) {
      const error = await act(id, options).catch((thrown: unknown) => thrown);
      expect(OmgError.is(error) && error.reason).toBe(reason);
    }
  });
});
