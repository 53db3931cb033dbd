import { describe, expect, test } from "vitest";
import { evilServer, type Mode, mischief } from "./support/evil-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";

interface Expected {
  readonly reason: string;
  readonly detail?: string;
  readonly executed: "no" | "unknown";
  readonly message: RegExp;
  readonly retryAfterMs?: number;
}

const closed = { reason: "upstream_closed", executed: "unknown" } as const;
const noMcp = { reason: "upstream_protocol_error", executed: "unknown" } as const;
const refused = { reason: "upstream_protocol_error", executed: "no" } as const;
const tooLarge = {
  reason: "message_too_large",
  executed: "unknown",
  message: /more than 16777216 bytes/,
} as const;
const silent = { reason: "upstream_timeout", executed: "unknown" } as const;
const backoff = { reason: "upstream_backoff", message: /left alone for a while/ } as const;

const table: Record<Mode, Expected> = {
  reset: { ...closed, message: /broke off the connection/ },
  "ends without a word": { ...closed, message: /broke off the connection/ },
  "401": { reason: "upstream_auth_required", executed: "no", message: /answered 401 Unauthorized;/ },
  "403": { reason: "upstream_auth_required", executed: "no", message: /403 .*may not do this/ },
  "404 of HTML": { ...refused, message: /404 Not Found; is this the address of an MCP endpoint\?/ },
  "413": { reason: "message_too_large", executed: "no", message: /too large for it/ },
  "429 with seconds": { ...backoff, executed: "no", retryAfterMs: 7000 },
  "429 with a date": { ...backoff, executed: "no" },
  "503 for ages": { ...backoff, executed: "no", retryAfterMs: 300_000 },
  "503 with nonsense": { ...backoff, executed: "no", retryAfterMs: 1000 },
  "503 without a word": { ...backoff, executed: "unknown", retryAfterMs: 1000 },
  "500": { ...closed, message: /500 Internal Server Error; the fault is the server's/ },
  "502 of HTML": { ...closed, message: /502 Bad Gateway/ },
  "200 of HTML": { ...noMcp, message: /text\/html instead of JSON; is this the address/ },
  "204": { ...noMcp, message: /204 No Content/ },
  "202 to a call": { ...noMcp, message: /202 Accepted/ },
  "redirect elsewhere": {
    ...refused,
    message: /302 Found to http:\/\/169\.254\.169\.254, which is not followed/,
  },
  "307 elsewhere": { ...refused, message: /307 .* to http:\/\/169\.254\.169\.254, which is not followed/ },
  "307 without end": { ...refused, message: /redirects again and again/ },
  "truncated JSON": { ...closed, message: /broke off the connection/ },
  "JSON that is none": { ...noMcp, message: /what is no message|not MCP/ },
  "an answer to another": { ...closed, message: /ended its answer before the result was there/ },
  "truncated events": { ...closed, message: /broke off the connection/ },
  "events without the answer": { ...closed, message: /ended its answer before the result was there/ },
  "endless JSON": tooLarge,
  "events without newline": tooLarge,
  "an event without end": tooLarge,
  "gzip bomb": tooLarge,
  "nested encodings": { ...noMcp, message: /encoding 'gzip, gzip', which is not read/ },
  "gzip that is none": { ...noMcp, message: /not compressed as it says/ },
  "100 KB headers": { ...noMcp, message: /sent what is not HTTP \(.*header/i },
  "bad chunks": { ...noMcp, message: /sent what is not HTTP \(Response does not match/ },
  "no HTTP": { ...noMcp, message: /sent what is not HTTP \(Response does not match/ },
  "invalid status": { ...noMcp, message: /sent what is not HTTP \(Response does not match/ },
  silence: { ...silent, message: /response_timeout_seconds/ },
  "silence after the head": { ...silent, message: /silence_timeout_seconds/ },
  "a byte now and then": { ...silent, message: /neither an answer .* nor progress in time/ },
  "comments only": { ...silent, message: /neither an answer .* nor progress in time/ },
  "silence of events": { ...silent, message: /silence_timeout_seconds/ },
};

const longestMs = 4000;
const mostBytes = 64 * 1024 * 1024;
const bombs = /endless|newline|without end|bomb/;

describe("a call whose answer is evil", () => {
  test.each(Object.keys(mischief) as Mode[])(
    "fails in time and in words, and the next one works, unless it is too early: %s",
    async (mode) => {
      await using server = await evilServer(mode);
      const timeouts = { response_timeout_seconds: 0.5, silence_timeout_seconds: 0.5 };
      await using gateway = await remoteGateway(
        { url: server.url, ...timeouts },
        { request_timeout_seconds: 2 },
      );
      const client = await GatewayClient.connect(gateway);
      const memory = process.memoryUsage.rss();
      const begin = performance.now();
      const { error } = await client.ask("tools/call", { name: "echo", arguments: {} });
      expect(performance.now() - begin).toBeLessThan(longestMs);
      if (bombs.test(mode)) expect(process.memoryUsage.rss() - memory).toBeLessThan(mostBytes);
      const { message, ...data } = table[mode];
      expect(error?.data).toMatchObject({ ...data, server: "far" });
      expect(error?.message).toMatch(message);
      server.repent();
      if (data.reason !== "upstream_backoff") return expect(await client.call("echo")).toBe("good");
      const again = await client.ask("tools/call", { name: "echo", arguments: {} });
      expect(again.error?.data).toMatchObject({ reason: data.reason, executed: "no" });
    },
  );
});
