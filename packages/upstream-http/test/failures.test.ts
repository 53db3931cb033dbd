import { describe, expect, test } from "vitest";
import { type Advice, networkFailure } from "../src/failures.ts";
import { statusFailure } from "../src/status-failure.ts";

test.each(["EMFILE", "ENFILE"])("%s is a want of the gateway's own, not a fault of the server", (code) => {
  const cause = Object.assign(new Error("connect"), { code });
  const error = networkFailure(new URL("http://example.test/mcp?key=secret"), cause, { sent: false });
  expect(error).toMatchObject({
    reason: "overloaded",
    detail: "fd_exhausted",
    executed: "no",
    retryAfterMs: 1_000,
    message: `http://example.test/mcp can not be reached: too many files are open here (${code})`,
  });
});

describe("a failure that a setting may mend", () => {
  const url = new URL("http://example.test/mcp");
  const fault = (properties: object) => (advice: Advice) =>
    networkFailure(url, Object.assign(new Error("fault"), properties), { sent: true, advice });
  const status = (status: number) => (advice: Advice) =>
    statusFailure(url, { status, headers: { location: "http://other.test/" } }, advice);

  test.each<readonly [key: keyof Advice, failed: (advice: Advice) => Error, words: string]>([
    ["credential", status(401), "answered 401 Unauthorized; it wants a credential"],
    ["address", status(302), "answered 302 Found to http://other.test, which is not followed"],
    ["https", fault({ data: "\x15\x03" }), "speaks TLS, not plain HTTP"],
    ["https", fault({ socket: { bytesRead: 0 } }), "broke off the connection: fault without a word"],
    ["http", fault({ code: "EPROTO" }), "speaks no TLS that is safe (EPROTO)"],
    [
      "name",
      fault({ code: "ERR_TLS_CERT_ALTNAME_INVALID" }),
      "has a certificate of another name (ERR_TLS_CERT_ALTNAME_INVALID)",
    ],
    ["trust", fault({ code: "CERT_UNTRUSTED" }), "has a certificate that is not trusted (CERT_UNTRUSTED)"],
    ["responseTime", fault({ code: "UND_ERR_HEADERS_TIMEOUT" }), "did not begin to answer in time"],
    ["silence", fault({ code: "UND_ERR_BODY_TIMEOUT" }), "fell silent in the middle of an answer"],
  ])("names the setting (%s) if the client's owner does", (key, failed, words) => {
    expect(failed({}).message).toBe(`http://example.test/mcp ${words}`);
    const advised = failed({ [key]: "turn the knob" }).message;
    expect(advised.startsWith(`http://example.test/mcp ${words}`)).toBe(true);
    expect(advised.slice(-15)).toMatch(/turn the knob\)?$/);
  });
});
