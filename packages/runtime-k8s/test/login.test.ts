import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster } from "../src/cluster/cluster.ts";
import type { ClusterFailure } from "../src/cluster/cluster-failure.ts";
import { findCluster } from "../src/cluster/find-cluster.ts";
import { TestAuthority } from "./support/certificates.ts";
import { connectProxy } from "./support/connect-proxy.ts";
import { FakeApiServer, refused } from "./support/fake-api-server.ts";

const pods = "/api/v1/namespaces/ns/pods";
const attach = `${pods}/one/attach`;
const protocols = ["v4.channel.k8s.io"];

const folder = mkdtempSync(join(tmpdir(), "omg-login-"));
afterAll(() => rmSync(folder, { recursive: true }));

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await server[Symbol.asyncDispose]();
});

/** What the API server is told of who asks, by a request and by a connection. */
async function shown(cluster: Cluster): Promise<(string | undefined)[]> {
  await cluster.ask("GET", pods);
  (await cluster.connect(attach, {}, protocols)).terminate();
  await cluster[Symbol.asyncDispose]();
  return server.asked.map(({ headers }) => headers.authorization);
}

describe("who asks is told to the API server", () => {
  test.each([
    ["by a token", { token: "secret" }, "Bearer secret"],
    ["by name and password", { username: "me", password: "pass" }, `Basic ${btoa("me:pass")}`],
    ["by a name alone", { username: "me" }, `Basic ${btoa("me:")}`],
    ["not at all", {}, undefined],
  ])("%s", async (_, user, header) => {
    expect(await shown(new Cluster({ config: server.config({ user }) }))).toEqual([header, header]);
  });
});

describe("a token in a file", () => {
  const kubeconfig = join(folder, "with-token-file");
  const token = join(folder, "token");

  async function cluster(): Promise<Cluster> {
    writeFileSync(kubeconfig, JSON.stringify(server.kubeconfig({ user: { tokenFile: "token" } })));
    return new Cluster({ config: await findCluster({ kubeconfig }, {}, "/") });
  }

  test("is read again after a minute: whoever put it there replaces it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    writeFileSync(token, "one\n");
    await using one = await cluster();
    await one.ask("GET", pods);
    writeFileSync(token, "two\n");
    vi.advanceTimersByTime(61_000);
    (await one.connect(attach, {}, protocols)).terminate();
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
  });

  test("that is not there is named", async () => {
    rmSync(token);
    await using one = await cluster();
    await expect(one.ask("GET", pods)).rejects.toMatchObject({
      hasNoLogin: true,
      said: `reading its token failed: ENOENT: no such file or directory, open '${token}'`,
    });
  });
});

describe("a command that gives credentials", () => {
  const runs = join(folder, "runs");
  beforeEach(() => writeFileSync(runs, ""));

  /** A user whose command is a script, which notes that it was run. */
  function user(script: string) {
    return { exec: { command: "sh", args: ["-c", `echo >> ${runs}; ${script}`] } };
  }
  const prints = (status: object) => `echo '${JSON.stringify({ kind: "ExecCredential", status })}'`;
  const times = () => readFileSync(runs, "utf8").length;
  const cluster = (script: string, answerMs = 10_000) =>
    new Cluster({ config: server.config({ user: user(script) }), answerMs });

  test("is run once for all who wait, and as long as they last", async () => {
    await using one = cluster(`sleep 0.2; ${prints({ token: "printed" })}`);
    await Promise.all([one.ask("GET", pods), one.ask("GET", pods), one.ask("GET", pods)]);
    await one.ask("GET", pods);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill("Bearer printed"));
    expect(times()).toBe(1);
  });

  test("is run again when they have ended", async () => {
    await using one = cluster(prints({ token: "short", expirationTimestamp: "2020-01-01T00:00:00Z" }));
    await one.ask("GET", pods);
    await one.ask("GET", pods);
    expect(times()).toBe(2);
  });

  test.each([
    ["that fails", "echo 'please log in' >&2; exit 1", "please log in"],
    ["that says nothing", "exit 3", "it said nothing"],
    ["that prints something else", "echo hello", "it gave no credentials"],
    ["that prints other JSON", "echo '{}'", "it gave no credentials"],
  ])("%s is named", async (_, script, why) => {
    await using one = cluster(script);
    const expected = { hasNoLogin: true, said: `the command "sh" of its user failed: ${why}` };
    await expect(one.ask("GET", pods)).rejects.toMatchObject(expected);
    await expect(one.ask("GET", pods)).rejects.toMatchObject(expected);
    await expect(one.connect(attach, {}, protocols)).rejects.toMatchObject(expected);
    expect(server.asked).toEqual([]);
  });

  test("is told what is expected of it, and that nobody can be asked", async () => {
    const script = `printf '{"status":{"token":"%s"}}' "$(printf %s "$KUBERNETES_EXEC_INFO" | tr -d '"')"`;
    const apiVersion = "client.authentication.k8s.io/v1";
    const exec = { command: "sh", args: ["-c", script], apiVersion };
    const kubeconfig = join(folder, "with-command");
    writeFileSync(kubeconfig, JSON.stringify(server.kubeconfig({ user: { exec } })));
    await using one = new Cluster({ config: await findCluster({ kubeconfig }, {}, "/") });
    await one.ask("GET", pods);
    expect(server.asked[0]?.headers.authorization).toBe(
      `Bearer {kind:ExecCredential,apiVersion:${apiVersion},spec:{interactive:false}}`,
    );
  });

  test("that is not there is named", async () => {
    const exec = { command: "no-such-login" };
    await using one = new Cluster({ config: server.config({ user: { exec } }) });
    await expect(one.ask("GET", pods)).rejects.toMatchObject({
      said: 'the command "no-such-login" of its user failed: there is no such program',
    });
  });

  test("that hangs is not waited for, nor run again beside itself", async () => {
    await using one = cluster("exec sleep 2", 200);
    const late = { said: "no answer within 0.2 s" };
    await expect(one.ask("GET", pods)).rejects.toMatchObject(late);
    await expect(one.ask("GET", pods)).rejects.toMatchObject(late);
    expect(times()).toBe(1);
  });
});

describe("credentials that are refused", () => {
  const file = join(folder, "kubeconfig");
  const save = (token: string) => writeFileSync(file, JSON.stringify(server.kubeconfig({ user: { token } })));
  const find = () => findCluster({ kubeconfig: file }, {}, folder);

  /** An API server that knows one token alone. */
  function knows(token: string): void {
    server.choose = ({ headers }) =>
      headers.authorization === `Bearer ${token}` ? undefined : refused(401, "Unauthorized");
  }

  test("are read anew, if they are not just read, and the request is made again", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    save("old");
    await using cluster = new Cluster({ config: await find(), readAnew: find });
    knows("old");
    await cluster.ask("GET", pods);
    save("new");
    knows("new");
    await expect(cluster.ask("GET", pods)).rejects.toMatchObject({ status: 401 });
    vi.advanceTimersByTime(60_000);
    await cluster.ask("GET", pods);
    (await cluster.connect(attach, {}, protocols)).terminate();
  });

  test("stay refused if there are no others, without a second request each time", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    save("old");
    await using cluster = new Cluster({ config: await find(), readAnew: find });
    knows("other");
    vi.advanceTimersByTime(60_000);
    for (let at = 0; at < 5; at++)
      await expect(cluster.ask("GET", pods)).rejects.toMatchObject({ status: 401 });
    expect(server.asked).toHaveLength(6);
    rmSync(file);
    vi.advanceTimersByTime(60_000);
    await expect(cluster.ask("GET", pods)).rejects.toMatchObject({ status: 401 });
  });
});

describe("over TLS", () => {
  const authority = new TestAuthority("an authority");
  const ca = authority.cert;
  const mine = authority.identity("me");
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  let secure: FakeApiServer;
  beforeEach(async () => {
    const identity = authority.identity("api.example.com");
    secure = await FakeApiServer.start({ ...identity, ca, requestCert: true, rejectUnauthorized: true });
  });
  afterEach(() => secure[Symbol.asyncDispose]());

  const inside = {
    cluster: { "certificate-authority-data": base64(ca) },
    user: { "client-certificate-data": base64(mine.cert), "client-key-data": base64(mine.key) },
  };

  async function works(parts: Parameters<FakeApiServer["config"]>[0]): Promise<void> {
    await using cluster = new Cluster({ config: secure.config(parts) });
    await cluster.ask("GET", pods);
    (await cluster.connect(attach, {}, protocols)).terminate();
  }

  test("certificates stand in the kubeconfig", () => works(inside));

  test("certificates are files", async () => {
    const files = { "ca.crt": ca, "my.crt": mine.cert, "my.key": mine.key };
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem);
    await works({
      cluster: { "certificate-authority": join(folder, "ca.crt") },
      user: { "client-certificate": join(folder, "my.crt"), "client-key": join(folder, "my.key") },
    });
  });

  test("a command gives the certificate", () => {
    const status = { clientCertificateData: mine.cert, clientKeyData: mine.key };
    writeFileSync(join(folder, "credential.json"), JSON.stringify({ status }));
    return works({ ...inside, user: { exec: { command: "cat", args: [join(folder, "credential.json")] } } });
  });

  test("an unknown authority is refused, unless nothing is to be checked", async () => {
    const other = new TestAuthority("another authority");
    const cluster = { "certificate-authority-data": base64(other.cert) };
    for (const said of await failures({ ...inside, cluster }))
      expect(said).toMatch(
        /^(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE)$/,
      );
    await works({ ...inside, cluster: { "insecure-skip-tls-verify": true } });
  });

  test("the certificate must be for the host, or for tls-server-name", async () => {
    const server = secure.url.replace("127.0.0.1", "localhost");
    expect(await failures({ ...inside, cluster: { ...inside.cluster, server } })).toEqual(
      Array(2).fill("ERR_TLS_CERT_ALTNAME_INVALID"),
    );
    await works({ ...inside, cluster: { ...inside.cluster, server, "tls-server-name": "api.example.com" } });
  });

  test("a proxy of the kubeconfig is used for everything", async () => {
    await using proxy = await connectProxy(secure.port);
    await works({ ...inside, cluster: { ...inside.cluster, "proxy-url": proxy.url } });
    expect(proxy.asked).toEqual(Array(2).fill(`127.0.0.1:${secure.port}`));
  });

  async function failures(parts: Parameters<FakeApiServer["config"]>[0]): Promise<string[]> {
    await using cluster = new Cluster({ config: secure.config(parts) });
    const asked = [cluster.ask("GET", pods), cluster.connect(attach, {}, protocols)];
    const settled = await Promise.allSettled(asked);
    return settled.map((one) => (one.status === "rejected" ? (one.reason as ClusterFailure).said : "fine"));
  }
});
