import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registryLogin } from "../src/images/registry-login.ts";

let folder: string;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const login = (image: string) =>
  registryLogin(image, { DOCKER_CONFIG: folder, PATH: [folder, process.env.PATH].join(delimiter) });
const configure = (config: unknown) =>
  writeFile(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
const helper = (name: string, script: string) =>
  writeFile(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "omg-docker-config-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the login for a registry", () => {
  test("is none where docker has kept none", async () => {
    expect(await registryLogin("ghcr.io/a/b", {})).toEqual({});
    expect(await login("ghcr.io/a/b")).toEqual({});
    for (const config of [{}, null]) {
      await configure(config);
      expect(await login("ghcr.io/a/b")).toEqual({});
    }
  });

  test.each([
    ["ghcr.io", "ghcr.io/a/b:1"],
    ["https://ghcr.io", "ghcr.io/a/b:1"],
    ["https://ghcr.io/v1/", "ghcr.io/a/b:1"],
    ["127.0.0.1:5000", "127.0.0.1:5000/a"],
    ["https://index.docker.io/v1/", "acme/server:1"],
    ["https://index.docker.io/v1/", "docker.io/acme/server:1"],
  ])("under %s is for %s", async (key, image) => {
    await configure({ auths: { "other.test": { auth: base64("x:y") }, [key]: { auth: base64("me:a:b") } } });
    expect((await login(image)).login).toMatchObject({ username: "me", password: "a:b" });
  });

  test("is looked for in the home folder, unless DOCKER_CONFIG names another", async () => {
    await mkdir(join(folder, ".docker"));
    const auths = (name: string) => JSON.stringify({ auths: { "ghcr.io": { auth: base64(`${name}:pw`) } } });
    await writeFile(join(folder, ".docker/config.json"), auths("of-home"));
    const found = await registryLogin("ghcr.io/a", { HOME: folder });
    expect(found.login).toMatchObject({ username: "of-home" });
    await configure(auths("chosen"));
    const chosen = await registryLogin("ghcr.io/a", { HOME: folder, DOCKER_CONFIG: folder });
    expect(chosen.login).toMatchObject({ username: "chosen" });
  });

  test("may be a token", async () => {
    await configure({ auths: { "ghcr.io": { auth: base64("me:"), identitytoken: "the-token" } } });
    expect((await login("ghcr.io/a")).login).toEqual({
      identitytoken: "the-token",
      serveraddress: "ghcr.io",
    });
    await configure({ credsStore: "tokens" });
    await helper("tokens", `echo '{"Username":"<token>","Secret":"of-helper"}'`);
    expect((await login("ghcr.io/a")).login).toEqual({
      identitytoken: "of-helper",
      serveraddress: "ghcr.io",
    });
  });

  test("is asked of the registry's own helper, by the registry's name on stdin", async () => {
    await configure({ credsStore: "absent", credHelpers: { "ghcr.io": "own" } });
    await helper("own", `read name; echo "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$name\\"}"`);
    expect((await login("ghcr.io/a")).login).toMatchObject({ username: "get", password: "ghcr.io" });
  });

  test("is that of the file where a helper knows none", async () => {
    await configure({ credsStore: "empty", auths: { "ghcr.io": { auth: base64("me:pw") } } });
    await helper("empty", "echo 'credentials not found in native keychain'; exit 1");
    expect((await login("ghcr.io/a")).login).toMatchObject({ username: "me" });
    expect(await login("quay.io/a")).toEqual({});
  });

  test.each([
    ["there is no docker-credential-absent in PATH", "absent", ""],
    ["docker-credential-broken failed", "broken", "exit 3"],
    ["docker-credential-chatty did not answer in JSON", "chatty", "echo hello"],
    ["there is no docker-credential-../evil", "../evil", ""],
  ])("can not be found out: %s", async (problem, credsStore, script) => {
    await configure({ credsStore });
    if (script !== "") await helper(credsStore, script);
    expect(await login("ghcr.io/a")).toEqual({ problem });
  });

  test("can not be found out when the file is damaged", async () => {
    await configure("{");
    expect(await login("ghcr.io/a")).toEqual({ problem: `${join(folder, "config.json")} can not be read` });
  });
});
