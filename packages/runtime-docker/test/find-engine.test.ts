import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { isOfThisMachine, nameOf, parseEngineHost } from "../src/engine/engine-address.ts";
import { type EngineChoice, findEngine, type HostEnv, usualSockets } from "../src/engine/find-engine.ts";

const home = mkdtempSync(join(tmpdir(), "omg-find-engine-"));
afterAll(() => rmSync(home, { recursive: true }));

const usual = { socketPath: "/var/run/docker.sock" };
const find = (choice: EngineChoice = {}, env: HostEnv = {}) => findEngine(choice, env, "/etc/omg");

beforeEach(() => {
  rmSync(home, { recursive: true });
  mkdirSync(home);
});

describe("what an entry says goes before all else", () => {
  const env = { HOME: home, DOCKER_HOST: "tcp://elsewhere:2375", DOCKER_CONTEXT: "missing" };

  test.each([
    [{ socket: "/run/user/1000/docker.sock" }, { socketPath: "/run/user/1000/docker.sock" }],
    [{ socket: "docker.sock" }, { socketPath: "/etc/omg/docker.sock" }],
    [{ socket: "~/docker.sock" }, { socketPath: join(home, "docker.sock") }],
    [{ host: "unix:///x.sock" }, { socketPath: "/x.sock" }],
    [{ host: "tcp://docker.example.com:1234" }, { host: "docker.example.com", port: 1234 }],
  ])("%j", async (choice, address) => {
    expect(await find(choice, env)).toEqual(address);
  });

  test("certificates make it TLS, and are read from beside the configuration", async () => {
    const folder = filesIn("certificates", {
      "ca.pem": "authority",
      "cert.pem": "mine",
      "key.pem": "secret",
    });
    const choice = { host: "tcp://far", ca_file: "ca.pem", cert_file: "cert.pem", key_file: "key.pem" };
    expect(await findEngine(choice, env, folder)).toEqual({
      host: "far",
      port: 2376,
      tls: { ca: Buffer.from("authority"), cert: Buffer.from("mine"), key: Buffer.from("secret") },
    });
  });

  test("a certificate that can not be read is named", async () => {
    await expect(find({ host: "tcp://far", ca_file: "ca.pem" })).rejects.toThrow(
      `the engine's certificates: "/etc/omg/ca.pem" can not be read (ENOENT)`,
    );
  });
});

describe("DOCKER_HOST", () => {
  test("goes before DOCKER_CONTEXT and the current context", async () => {
    useContext("other");
    const env = { HOME: home, DOCKER_HOST: "unix:///x.sock", DOCKER_CONTEXT: "another" };
    expect(await find({}, env)).toEqual({ socketPath: "/x.sock" });
  });

  test("with DOCKER_TLS_VERIFY reads the certificates where docker does", async () => {
    const pem = { "ca.pem": "a", "cert.pem": "c", "key.pem": "k" };
    const tls = { ca: Buffer.from("a"), cert: Buffer.from("c"), key: Buffer.from("k") };
    const DOCKER_HOST = "tcp://far";
    const address = { host: "far", port: 2376 };
    const DOCKER_CERT_PATH = filesIn("given", pem);
    filesIn(".docker", pem);
    const verified = { ...address, tls: { ...tls, rejectUnauthorized: true } };
    expect(await find({}, { HOME: home, DOCKER_HOST, DOCKER_TLS_VERIFY: "1" })).toEqual(verified);
    expect(
      await find(
        {},
        { DOCKER_CONFIG: join(home, ".docker"), DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "" },
      ),
    ).toEqual(verified);
    expect(await find({}, { DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH })).toEqual(verified);
    expect(await find({}, { DOCKER_HOST, DOCKER_CERT_PATH })).toEqual({
      ...address,
      tls: { ...tls, rejectUnauthorized: false },
    });
  });

  test("without the certificates says which is missing", async () => {
    const env = { DOCKER_HOST: "tcp://far", DOCKER_TLS_VERIFY: "1" };
    await expect(find({}, env)).rejects.toThrow("DOCKER_TLS_VERIFY is set, but not DOCKER_CERT_PATH");
    await expect(find({}, { ...env, HOME: home })).rejects.toThrow(
      `/.docker/ca.pem" can not be read (ENOENT)`,
    );
  });
});

describe("a docker context", () => {
  test("is that of the entry, else of DOCKER_CONTEXT, else the current one", async () => {
    for (const name of ["named", "environment", "current"]) context(name, { Host: `unix:///${name}.sock` });
    useContext("current");
    const DOCKER_CONTEXT = "environment";
    expect(await find({ context: "named" }, { HOME: home, DOCKER_CONTEXT })).toEqual({
      socketPath: "/named.sock",
    });
    expect(await find({}, { HOME: home, DOCKER_CONTEXT })).toEqual({ socketPath: "/environment.sock" });
    expect(await find({}, { HOME: home })).toEqual({ socketPath: "/current.sock" });
  });

  test("lives in DOCKER_CONFIG where that is set", async () => {
    context("named", { Host: "unix:///x.sock" });
    expect(await find({ context: "named" }, { DOCKER_CONFIG: join(home, ".docker") })).toEqual({
      socketPath: "/x.sock",
    });
  });

  test("brings its certificates", async () => {
    const folder = context("secure", { Host: "tcp://far:2376" });
    filesIn(folder, { "ca.pem": "a", "cert.pem": "c", "key.pem": "k" });
    expect(await find({ context: "secure" }, { HOME: home })).toEqual({
      host: "far",
      port: 2376,
      tls: { ca: Buffer.from("a"), cert: Buffer.from("c"), key: Buffer.from("k"), rejectUnauthorized: true },
    });
  });

  test("is not spoken to in plain text because its certificates can not be read", async () => {
    const folder = context("broken", { Host: "tcp://far:2376" });
    mkdirSync(join(home, folder, "cert.pem"), { recursive: true });
    await expect(find({ context: "broken" }, { HOME: home })).rejects.toThrow(
      `the engine's certificates: ${JSON.stringify(join(home, folder, "cert.pem"))} can not be read (EISDIR)`,
    );
  });

  test("may say that nothing is verified, or be plain", async () => {
    context("careless", { Host: "tcp://far:2376", SkipTLSVerify: true });
    context("plain", { Host: "tcp://far:2375" });
    expect(await find({ context: "careless" }, { HOME: home })).toMatchObject({
      tls: { rejectUnauthorized: false },
    });
    expect(await find({ context: "plain" }, { HOME: home })).toEqual({ host: "far", port: 2375 });
  });

  test("default is no context", async () => {
    useContext("default");
    expect(await find({}, { HOME: home, DOCKER_CONTEXT: "default" })).toEqual(usual);
    expect(await find({}, { HOME: home })).toEqual(usual);
  });

  test.each(["{", "[]", `{"currentContext": 7}`])(
    "a configuration of docker that says %s has none",
    async (text) => {
      filesIn(".docker", { "config.json": text });
      expect(await find({}, { HOME: home })).toEqual(usual);
    },
  );

  test("that is missing, or names no engine, is refused by name", async () => {
    await expect(find({ context: "gone" }, { HOME: home })).rejects.toThrow(
      `there is no docker context "gone"; "docker context ls" shows those there are`,
    );
    await expect(find({ context: "gone" }, {})).rejects.toThrow(`there is no docker context "gone"`);
    context("empty", undefined);
    await expect(find({ context: "empty" }, { HOME: home })).rejects.toThrow(
      `the docker context "empty" names no engine`,
    );
  });

  test("over ssh is refused, and told what to do instead", async () => {
    context("remote", { Host: "ssh://user@far" });
    await expect(find({ context: "remote" }, { HOME: home })).rejects.toThrow(
      /engines over ssh are not supported; forward its socket \(ssh -L/,
    );
  });
});

describe("the usual sockets", () => {
  test("are Docker's own, those of its user, and Podman's, in this order", () => {
    expect(usualSockets({ HOME: "/home/me", XDG_RUNTIME_DIR: "/run/user/1000" })).toEqual([
      "/var/run/docker.sock",
      "/run/user/1000/docker.sock",
      "/home/me/.docker/run/docker.sock",
      "/home/me/.docker/desktop/docker.sock",
      "/home/me/.colima/default/docker.sock",
      "/home/me/.rd/docker.sock",
      "/run/user/1000/podman/podman.sock",
      "/run/podman/podman.sock",
    ]);
    expect(usualSockets({})).toEqual(["/var/run/docker.sock", "/run/podman/podman.sock"]);
  });
});

describe("an address as Docker writes it", () => {
  test.each([
    ["unix:///var/run/docker.sock", { socketPath: "/var/run/docker.sock" }],
    ["/var/run/docker.sock", { socketPath: "/var/run/docker.sock" }],
    ["tcp://docker", { host: "docker", port: 2375 }],
    ["tcp://docker:80", { host: "docker", port: 80 }],
    ["http://docker:80/", { host: "docker", port: 80 }],
    ["https://docker:443", { host: "docker", port: 443, tls: {} }],
    ["https://docker", { host: "docker", port: 2376, tls: {} }],
    ["tcp://[::1]:2375", { host: "::1", port: 2375 }],
  ])("%s", (text, address) => {
    expect(parseEngineHost(text, undefined)).toEqual(address);
  });

  test.each([
    "",
    "unix://",
    "unix://relative",
    "tcp://",
    "tcp://:2375",
    "tcp://x:99999",
    "tcp://x y",
    "docker:2375",
    "npipe:////./pipe/docker",
    "fd://",
    "tcp://user@x",
    "tcp://x/path",
  ])("%j is none, and the form is shown", (text) => {
    expect(() => parseEngineHost(text, undefined)).toThrow(
      `${JSON.stringify(text)} is no address of an engine: unix:///path or tcp://host:port`,
    );
  });

  test("is of this machine or not", () => {
    for (const text of ["unix:///x", "tcp://localhost", "tcp://127.0.0.2:1", "tcp://[::1]"])
      expect(isOfThisMachine(parseEngineHost(text, undefined)), text).toBe(true);
    for (const text of ["tcp://127.example.com", "tcp://10.0.0.1", "tcp://localhost.example.com"])
      expect(isOfThisMachine(parseEngineHost(text, undefined)), text).toBe(false);
  });

  test("is written as it was read", () => {
    for (const text of ["unix:///x.sock", "tcp://far:2375"])
      expect(nameOf(parseEngineHost(text, undefined))).toBe(text);
  });
});

/** Makes files in a folder below the home. */
function filesIn(folder: string, files: Readonly<Record<string, string>>): string {
  const path = join(home, folder);
  mkdirSync(path, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

/** Makes a docker context; gives the folder of its certificates. */
function context(name: string, docker: { Host: string; SkipTLSVerify?: boolean } | undefined): string {
  const digest = createHash("sha256").update(name).digest("hex");
  const meta = `.docker/contexts/meta/${digest}`;
  filesIn(meta, { "meta.json": JSON.stringify({ Name: name, Endpoints: { docker } }) });
  return join(dirname(dirname(meta)), "tls", digest, "docker");
}

function useContext(currentContext: string): void {
  filesIn(".docker", { "config.json": JSON.stringify({ currentContext }) });
}
