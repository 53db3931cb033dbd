import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type ClusterChoice, findCluster, type HostEnv } from "../src/cluster/find-cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "omg-find-cluster-"));
afterAll(() => rmSync(folder, { recursive: true }));

const find = (choice: ClusterChoice = {}, env: HostEnv = {}) => findCluster(choice, env, folder);
const serverOf = async (choice: ClusterChoice, env: HostEnv = {}) =>
  (await find(choice, env)).getCurrentCluster()?.server;

function write(name: string, content: string | object): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** A kubeconfig with a context, a cluster and a user for each name, of which the first is the current one. */
function kubeconfig(names: readonly string[], cluster: object = {}, user: object = {}, place = "") {
  return {
    "current-context": names[0],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
    clusters: names.map((name) => ({
      name,
      cluster: { server: `https://${name}${place}:6443`, ...cluster },
    })),
    users: names.map((name) => ({ name, user })),
  };
}

const first = write("first", kubeconfig(["a", "b"]));
const second = write("second", kubeconfig(["b", "c"], {}, {}, "-of-second"));
write("home/.kube/config", kubeconfig(["home"]));
const HOME = join(folder, "home");

describe("which cluster", () => {
  test.each([
    ["a kubeconfig of the entry, from where the configuration is", { kubeconfig: "first" }, "https://a:6443"],
    ["one by its whole path", { kubeconfig: second }, "https://b-of-second:6443"],
    ["one from home", { kubeconfig: "~/.kube/config" }, "https://home:6443"],
    ["one of its contexts", { kubeconfig: "first", context: "b" }, "https://b:6443"],
  ])("%s goes before all else", async (_, choice, server) => {
    expect(await serverOf(choice, { HOME, KUBECONFIG: "/nowhere" })).toBe(server);
  });

  test("KUBECONFIG goes before home", async () => {
    expect(await serverOf({}, { HOME, KUBECONFIG: first })).toBe("https://a:6443");
    expect(await serverOf({}, { HOME, KUBECONFIG: "" })).toBe("https://home:6443");
    expect(await serverOf({}, { HOME })).toBe("https://home:6443");
  });

  test("its files are one, in which the first that names something holds", async () => {
    const env = { KUBECONFIG: `/not/there:${first}::${second}` };
    expect(await serverOf({}, env)).toBe("https://a:6443");
    expect(await serverOf({ context: "b" }, env)).toBe("https://b:6443");
    expect(await serverOf({ context: "c" }, env)).toBe("https://c-of-second:6443");
    const turned = { KUBECONFIG: `${second}:${first}` };
    expect(await serverOf({}, turned)).toBe("https://b-of-second:6443");
  });

  test("a file without a current context leaves that to the next", async () => {
    const { contexts, clusters, users } = kubeconfig(["x"]);
    const without = write("without", { contexts, clusters, users });
    expect(await serverOf({}, { KUBECONFIG: `${without}:${first}` })).toBe("https://a:6443");
    await expect(find({}, { KUBECONFIG: without })).rejects.toThrow(
      "the kubeconfig names no cluster: choose one by context",
    );
  });

  test("files that a kubeconfig names are from beside it", async () => {
    const files = { "client-certificate": "my.crt", "client-key": "/keys/my.key" };
    write("deep/config", kubeconfig(["a"], { "certificate-authority": "../ca.crt" }, files));
    const config = await find({ kubeconfig: "deep/config" });
    expect(config.getCurrentCluster()).toMatchObject({ caFile: join(folder, "ca.crt") });
    expect(config.getCurrentUser()).toMatchObject({
      certFile: join(folder, "deep/my.crt"),
      keyFile: "/keys/my.key",
    });
  });
});

describe("what names no cluster says so", () => {
  const refused: [string, ClusterChoice, HostEnv, string][] = [
    ["nothing at all", {}, {}, "no cluster is known: set KUBECONFIG, or name one by kubeconfig"],
    [
      "a KUBECONFIG of which nothing is there: home is another cluster",
      {},
      { HOME, KUBECONFIG: "/not/there:/nor/there" },
      'there is no kubeconfig "/not/there:/nor/there" (KUBECONFIG)',
    ],
    [
      "a file that is not there",
      { kubeconfig: "missing" },
      {},
      `the kubeconfig ${JSON.stringify(join(folder, "missing"))} can not be read: ENOENT`,
    ],
    [
      "a context that is not there",
      { kubeconfig: "first", context: "z" },
      {},
      'there is no context "z"; there are a, b',
    ],
  ];
  test.each(refused)("%s", async (_, choice, env, message) => {
    await expect(find(choice, env)).rejects.toThrow(message);
  });

  test.each([
    ["is empty", "", /can not be read: expected a document, but the input is empty$/],
    ["is nothing", "null", /can not be read: it is no kubeconfig$/],
    ["is a list", "[]", /names no cluster/],
    ["is no YAML", "a: [", /can not be read: .*\(1:5\)/],
    ["has a cluster without a server", { clusters: [{ name: "x", cluster: {} }] }, /server is missing/],
    [
      "has a server that is no URL",
      kubeconfig(["a"], { server: "here" }),
      /"a" of the kubeconfig has no URL as its server: "here"$/,
    ],
    [
      "is not reached by https",
      kubeconfig(["a"], { server: "http://127.0.0.1:8001" }),
      /not reached by https; insecure-skip-tls-verify: true would allow that$/,
    ],
    [
      "has a proxy that nothing can go through",
      kubeconfig(["a"], { "proxy-url": "ftp://proxy" }),
      /has a proxy-url that is none of http, https and socks5$/,
    ],
  ])("a kubeconfig that %s", async (_, content, message) => {
    write("bad", content);
    await expect(find({ kubeconfig: "bad" })).rejects.toThrow(message);
  });
});
