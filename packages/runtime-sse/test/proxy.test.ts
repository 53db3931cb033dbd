import { createServer } from "node:https";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { RemoteOptions } from "../src/index.ts";
import { proxyFor } from "../src/proxies.ts";
import { type Identity, TestAuthority } from "./support/certificates.ts";
import { connectProxy } from "./support/connect-proxy.ts";
import { answerMcp, callThrough, type Listener, listen, mcpServer, refusalOf } from "./support/guarded.ts";

const url = "http://remote.example/mcp";
const nobody = async (name: string): Promise<never> => {
  throw new Error(`${name} was to be resolved here`);
};

afterEach(() => vi.unstubAllEnvs());

describe("behind a proxy", () => {
  let target: Listener;
  beforeAll(async () => {
    target = await mcpServer();
  });
  afterAll(() => target[Symbol.asyncDispose]());

  test("plain HTTP is asked for with whole URLs, and names are the proxy's to resolve", async () => {
    await using proxy = await connectProxy(target);
    const env = { HTTP_PROXY: `http://me:pass%20word@127.0.0.1:${proxy.port}` };
    expect(await callThrough({ options: { url: `${url}?a=b` }, env, resolve: nobody })).toBe("reached");
    expect(proxy.asked).toContain("POST http://remote.example/mcp?a=b");
    const credential = `Basic ${Buffer.from("me:pass word").toString("base64")}`;
    expect(new Set(proxy.credentials)).toEqual(new Set([credential]));
    await proxy.idle();
  });

  test("variables in small letters count first, and a proxy needs no scheme", async () => {
    await using proxy = await connectProxy(target);
    const env = { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: `127.0.0.1:${proxy.port}` };
    expect(await callThrough({ options: { url }, env, resolve: nobody })).toBe("reached");
  });

  test("the process's own variables do not count, only those of the instance", async () => {
    await using proxy = await connectProxy(target);
    for (const name of ["HTTP_PROXY", "http_proxy"]) vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
    const options = { url: `http://remote.example:${target.port}/mcp`, allow_private_network: true };
    expect(await callThrough({ options, resolve: async () => ["127.0.0.1"] })).toBe("reached");
    expect(proxy.connections).toBe(0);
  });

  test.each(["10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]", "0.0.0.0", "[fd00:ec2::254]"])(
    "an address is judged all the same: %s",
    async (host) => {
      await using proxy = await connectProxy(target);
      const address = `127.0.0.1:${proxy.port}`;
      for (const scheme of ["http", "https"]) {
        const env = { HTTP_PROXY: address, HTTPS_PROXY: address };
        const error = await refusalOf({ options: { url: `${scheme}://${host}/mcp` }, env });
        expect(error).toMatchObject({ detail: "address_refused" });
      }
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each(["127.0.0.1", "localhost", "app.localhost", "[::ffff:7f00:1]"])(
    "this machine is judged, and not asked of the proxy: %s",
    async (host) => {
      await using proxy = await connectProxy(target);
      const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
      const options = { url: `http://${host}:${target.port}/mcp` };
      expect(await refusalOf({ options, env })).toMatchObject({ detail: "address_refused" });
      if (host !== "[::ffff:7f00:1]")
        expect(await callThrough({ options: { ...options, allow_private_network: true }, env })).toBe(
          "reached",
        );
      expect(proxy.connections).toBe(0);
    },
  );

  test("what NO_PROXY names is judged and dialled directly", async () => {
    await using proxy = await connectProxy(target);
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "other, .example" };
    const options = { url: `http://remote.example:${target.port}/mcp` };
    const resolve = async () => ["127.0.0.1"];
    expect(await refusalOf({ options, env, resolve })).toMatchObject({ detail: "address_refused" });
    expect(await callThrough({ options: { ...options, allow_private_network: true }, env, resolve })).toBe(
      "reached",
    );
    expect(proxy.connections).toBe(0);
  });

  test("a proxy that is not there is named, without its password", async () => {
    const gone = await mcpServer();
    await gone[Symbol.asyncDispose]();
    for (const scheme of ["http", "https"]) {
      const address = `http://me:secret@127.0.0.1:${gone.port}`;
      const env = { HTTP_PROXY: address, HTTPS_PROXY: address };
      const error = await refusalOf({ options: { url: `${scheme}://remote.example/mcp` }, env });
      expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "proxy", executed: "no" });
      expect(error.message).toContain(`the proxy 127.0.0.1:${gone.port}: no connection to it (ECONNREFUSED)`);
      expect(error.message).not.toContain("secret");
    }
  });

  test.each([
    ["407 Proxy Authentication Required", /answered 407.*put user and password/],
    ["403 Forbidden", /answered 403 Forbidden/],
  ])("a proxy that answers %s to CONNECT says so", async (refusal, message) => {
    await using proxy = await connectProxy({ port: target.port, refusal });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const error = await refusalOf({ options: { url: "https://remote.example/mcp" }, env });
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "proxy" });
    expect(error.message).toMatch(message);
    await proxy.idle();
  });

  test("a proxy that is silent is within the time for a connection", async () => {
    await using proxy = await connectProxy({ port: target.port, mute: true });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const options = { url: "https://remote.example/mcp", connect_timeout_seconds: 0.2 };
    expect(await refusalOf({ options, env })).toMatchObject({ detail: "connect" });
    expect(proxy.asked).toEqual(["CONNECT remote.example:443"]);
    await proxy.idle();
  });

  test.each(["socks5://127.0.0.1:1080", "http://", "::::"])("a proxy like %s is refused", async (value) => {
    const error = await refusalOf({ options: { url }, env: { HTTP_PROXY: value } });
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "proxy" });
    expect(error.message).toContain("HTTP_PROXY holds");
  });

  test("a proxy is never where clouds hand out credentials", async () => {
    const env = { HTTP_PROXY: "http://169.254.169.254" };
    expect(await refusalOf({ options: { url }, env })).toMatchObject({ detail: "address_refused" });
  });
});

describe("through CONNECT", () => {
  let authority: TestAuthority;
  let target: Listener;
  let identity: Identity;
  beforeAll(async () => {
    authority = new TestAuthority();
    identity = authority.sign("remote", "DNS:remote.example,IP:127.0.0.1");
    target = await listen(createServer(identity, answerMcp));
  });
  afterAll(async () => {
    authority[Symbol.dispose]();
    await target[Symbol.asyncDispose]();
  });

  const entry = (options: Partial<RemoteOptions>, env: Record<string, string>) => ({
    options: { url: "https://remote.example/mcp", ...options },
    env,
    baseDirectory: authority.folder,
    resolve: nobody,
  });

  test("TLS is spoken with the server itself, and verified", async () => {
    await using proxy = await connectProxy(target);
    const env = { HTTPS_PROXY: `http://me:word@127.0.0.1:${proxy.port}`, HTTP_PROXY: "http://127.0.0.1:1" };
    expect(await callThrough(entry({ ca_file: authority.file }, env))).toBe("reached");
    expect(new Set(proxy.asked)).toEqual(new Set(["CONNECT remote.example:443"]));
    const credential = `Basic ${Buffer.from("me:word").toString("base64")}`;
    expect(new Set(proxy.credentials)).toEqual(new Set([credential]));
    expect(await refusalOf(entry({}, env))).toMatchObject({ detail: "tls_untrusted" });
    const elsewhere = { ca_file: authority.file, url: "https://elsewhere.example/mcp" };
    expect(await refusalOf(entry(elsewhere, env))).toMatchObject({ detail: "tls_name" });
    await proxy.idle();
    await target.idle();
  });

  test("the proxy itself may speak TLS, and is verified as well", async () => {
    await using proxy = await connectProxy({ port: target.port, tls: identity });
    const env = { HTTPS_PROXY: `https://127.0.0.1:${proxy.port}` };
    expect(await callThrough(entry({ ca_file: authority.file }, env))).toBe("reached");
    const error = await refusalOf(entry({}, env));
    expect(error).toMatchObject({ detail: "proxy" });
    await proxy.idle();
    await target.idle();
  });
});

describe("NO_PROXY", () => {
  const proxy = "http://proxy.example:8080";
  const direct = (target: string, list: string) =>
    proxyFor(new URL(target), { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: list }) === undefined;

  test.each([
    ["http://a.example", "a.example"],
    ["http://A.example.", "a.EXAMPLE"],
    ["http://b.a.example", "a.example"],
    ["http://b.a.example", ".a.example"],
    ["http://a.example", ".a.example"],
    ["http://b.a.example", "*.a.example"],
    ["http://a.example", "*"],
    ["http://a.example", "x, a.example"],
    ["http://a.example", "x a.example"],
    ["http://a.example:8000", "a.example:8000"],
    ["https://a.example", "a.example:443"],
    ["http://10.1.2.3", "10.1.2.3"],
    ["http://10.1.2.3", "10.0.0.0/8"],
    ["http://[fd00::1]", "fd00::1"],
    ["http://[fd00::1]", "[fd00::1]"],
    ["http://[fd00::1]:81", "[fd00::1]:81"],
    ["http://[fd00::1]", "fd00::/8"],
    ["http://[::ffff:10.1.2.3]", "10.0.0.0/8"],
  ])("means %s by %j", (target, list) => expect(direct(target, list)).toBe(true));

  test.each([
    ["http://a.example", ""],
    ["http://ba.example", "a.example"],
    ["http://a.example", "b.a.example"],
    ["http://a.example", "*.a.example"],
    ["http://a.example", "a.example:8000"],
    ["http://a.example.other", "a.example"],
    ["http://11.1.2.3", "10.0.0.0/8"],
    ["http://10.1.2.3", "fd00::/8"],
    ["http://10.1.2.30", "10.1.2.3"],
    ["http://a.example", "10.0.0.0/8"],
    ["http://a.example", "., *."],
  ])("does not mean %s by %j", (target, list) => expect(direct(target, list)).toBe(false));

  test("a proxy for one scheme is not one for the other", () => {
    expect(proxyFor(new URL("https://a.example"), { HTTP_PROXY: proxy })).toBeUndefined();
    expect(proxyFor(new URL("http://a.example"), { HTTPS_PROXY: proxy })).toBeUndefined();
    expect(proxyFor(new URL("http://a.example"), { HTTP_PROXY: "", NO_PROXY: "" })).toBeUndefined();
  });
});
