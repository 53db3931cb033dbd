import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createPlainServer } from "node:net";
import { join } from "node:path";
import tls, { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { RemoteOptions } from "../src/index.ts";
import { type Identity, TestAuthority } from "./support/certificates.ts";
import { answerMcp, callThrough, type Listener, listen, mcpServer, refusalOf } from "./support/guarded.ts";

describe("a server over TLS", () => {
  let authority: TestAuthority;
  let other: TestAuthority;
  let good: Identity;
  beforeAll(() => {
    authority = new TestAuthority();
    other = new TestAuthority();
    good = authority.sign("good", "DNS:localhost,DNS:named.example,IP:127.0.0.1");
  });
  afterAll(() => {
    authority[Symbol.dispose]();
    other[Symbol.dispose]();
  });
  const { DEFAULT_CIPHERS } = tls;
  afterEach(() => {
    vi.unstubAllEnvs();
    tls.DEFAULT_CIPHERS = DEFAULT_CIPHERS;
  });

  const serve = (options: TlsOptions): Promise<Listener> => listen(createServer(options, answerMcp));
  const entry = (
    { port }: Listener,
    options: Partial<RemoteOptions> = {},
    at = "https://127.0.0.1",
  ): Parameters<typeof callThrough>[0] => ({
    options: { url: `${at}:${port}/mcp`, allow_private_network: true, ...options },
    baseDirectory: authority.folder,
    resolve: async () => ["127.0.0.1"],
  });
  const trusting = { ca_file: "authority.pem" };

  test("is trusted by its authority, as a name and as an address, with a path from the configuration's folder", async () => {
    await using server = await serve(good);
    for (const host of ["127.0.0.1", "localhost", "named.example", "named.example."])
      expect(await callThrough(entry(server, trusting, `https://${host}`)), host).toBe("reached");
    const absolute = { ca_file: join(authority.folder, authority.file) };
    expect(await callThrough(entry(server, absolute))).toBe("reached");
  });

  test("is told by which name it was meant", async () => {
    await using server = await serve(good);
    const names: unknown[] = [];
    await using asked = await listen(
      createServer(
        {
          ...good,
          SNICallback(name, callback) {
            names.push(name);
            callback(null);
          },
        },
        answerMcp,
      ),
    );
    await callThrough(entry(asked, trusting, "https://named.example."));
    expect(new Set(names)).toEqual(new Set(["named.example"]));
    expect(await callThrough(entry(server, trusting))).toBe("reached");
  });

  const refused = async (server: Listener, options: Partial<RemoteOptions> = {}, at?: string) => {
    const error = await refusalOf(entry(server, options, at));
    expect(error).toMatchObject({ server: "tested", executed: "no" });
    await server.idle();
    return error;
  };

  test("that vouches for itself is refused, unless it is in ca_file: tls_self_signed", async () => {
    await using server = await serve(authority.selfSigned("alone", "IP:127.0.0.1"));
    const error = await refused(server, trusting);
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "tls_self_signed" });
    expect(error.message).toContain("ca_file");
    expect(await callThrough(entry(server, { ca_file: "alone.pem" }))).toBe("reached");
  });

  test("whose certificate has expired is refused: tls_expired", async () => {
    await using server = await serve(authority.sign("old", "IP:127.0.0.1", -1));
    expect(await refused(server, trusting)).toMatchObject({ detail: "tls_expired" });
  });

  test("with the certificate of another name is refused: tls_name", async () => {
    await using server = await serve(authority.sign("another", "DNS:other.example,IP:127.0.0.2"));
    expect(await refused(server, trusting)).toMatchObject({ detail: "tls_name" });
    expect(await refused(server, trusting, "https://named.example")).toMatchObject({ detail: "tls_name" });
  });

  test("of an authority that nobody knows is refused: tls_untrusted", async () => {
    await using alone = await serve(good);
    expect(await refused(alone)).toMatchObject({ detail: "tls_untrusted" });
    const foreign = other.sign("foreign", "IP:127.0.0.1");
    await using server = await serve(foreign);
    expect(await refused(server, trusting)).toMatchObject({ detail: "tls_untrusted" });
  });

  test("that speaks old TLS only is refused, whatever Node was told about ciphers: tls_protocol", async () => {
    tls.DEFAULT_CIPHERS = "DEFAULT@SECLEVEL=0";
    for (const version of ["TLSv1", "TLSv1.1"] as const) {
      await using server = await serve({
        ...good,
        minVersion: version,
        maxVersion: version,
        ciphers: "DEFAULT@SECLEVEL=0",
      });
      expect(await refused(server, trusting), version).toMatchObject({ detail: "tls_protocol" });
    }
  });

  test("that speaks no TLS at all is refused: tls_protocol", async () => {
    await using server = await mcpServer();
    const error = await refused(server, trusting);
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "tls_protocol" });
    expect(error.message).toContain("http://");
  });

  test("is not taken for one without: tls_protocol", async () => {
    // The alert that most servers answer plain HTTP with.
    await using server = await listen(
      createPlainServer((socket) => {
        socket.on("data", () => socket.end(Buffer.from("15030300020246", "hex")));
      }),
    );
    const error = await refused(server, {}, "http://127.0.0.1");
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "tls_protocol" });
    expect(error.message).toContain("url must begin with https://");
  });

  test("that hangs up on plain HTTP is recognised by its silence", async () => {
    await using server = await listen(createTlsServer(good, (socket) => socket.end()));
    const error = await refused(server, {}, "http://127.0.0.1");
    expect(error.message).toContain("without a word; if it speaks TLS, url must begin with https://");
  });

  test("that brings its unknown authority along is refused: tls_untrusted", async () => {
    const foreign = other.sign("chain", "IP:127.0.0.1");
    const root = readFileSync(join(other.folder, other.file), "utf8");
    await using server = await serve({ ...foreign, cert: `${foreign.cert}${root}` });
    expect(await refused(server, trusting)).toMatchObject({ detail: "tls_untrusted" });
  });

  test("is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await using server = await serve(good);
    expect(await refused(server)).toMatchObject({ detail: "tls_untrusted" });
    await using named = await serve(authority.sign("wrong", "DNS:other.example"));
    expect(await refused(named, trusting)).toMatchObject({ detail: "tls_name" });
  });

  test.each([
    ["is missing", "gone.pem", undefined, /can not be read.*gone\.pem \(ENOENT\)/],
    ["is a folder", ".", undefined, /can not be read.*EISDIR/],
    ["has no end", "/dev/zero", undefined, /can not be read.*it is no regular file/],
    ["is far too large", "large.pem", "#".repeat(4 * 1024 * 1024 + 1), /can not be read.*4194304 bytes/],
    ["is empty", "empty.pem", "", /holds no certificate/],
    ["is no certificate", "garbage.pem", "not a certificate", /holds no certificate.*garbage\.pem/],
    [
      "is damaged",
      "damaged.pem",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      /is damaged: certificate 1 of .*damaged\.pem/,
    ],
  ])("is not asked when ca_file %s", async (_, file, content, message) => {
    if (content !== undefined) writeFileSync(join(authority.folder, file), content);
    await using server = await serve(good);
    const error = await refused(server, { ca_file: file });
    expect(error).toMatchObject({ reason: "upstream_start_failed", detail: "ca_file" });
    expect(error.message).toMatch(message);
    expect(server.connections).toBe(0);
  });
});
