import { inMemory, nobodyStrayed, receivedSoon } from "../checks.ts";
import type { EvilCase } from "../evil-case.ts";
import { hungUp } from "../server/raw-http.ts";
import type { ExpectedError } from "../stage.ts";

const closed = { reason: "upstream_closed", executed: "unknown" } as const;
const noMcp = { reason: "upstream_protocol_error", executed: "unknown" } as const;
const refused = { reason: "upstream_protocol_error", executed: "no" } as const;
const tooLarge = { reason: "message_too_large", executed: "unknown", message: /16777216 bytes/ } as const;
const silent = { reason: "upstream_timeout", executed: "unknown" } as const;

/** E36 to E40 are of HTTP alone, and by the mode: the first mode of an id stands for all at every front. */
const table: readonly (readonly [id: string, mode: string, expected: ExpectedError])[] = [
  ["E36", "gzip-bomb", tooLarge],
  ["E36", "br-bomb", tooLarge],
  ["E36", "deflate-bomb", tooLarge],
  ["E36", "nested-encodings", { ...noMcp, message: /encoding 'gzip, gzip', which is not read/ }],
  ["E37", "endless-json", tooLarge],
  ["E37", "slow-json", silent],
  ["E38", "endless-sse-line", tooLarge],
  ["E38", "endless-event", tooLarge],
  ["E38", "comments-only", silent],
  ["E39", "large-headers", { ...noMcp, message: /what is not HTTP/ }],
  ["E39", "many-headers", { ...noMcp, message: /what is not HTTP/ }],
  ["E39", "no-status", { ...noMcp, message: /what is not HTTP/ }],
  ["E39", "bad-chunk", { ...noMcp, message: /what is not HTTP/ }],
  ["E39", "http-0.9", { ...noMcp, message: /what is not HTTP/ }],
  ["E39", "head-only", closed],
  ["E39", "cut-json", closed],
  ["E40", "redirect-elsewhere", { ...refused, message: /to http:\/\/localhost:\d+, which is not followed/ }],
  ["E40", "redirect-to-metadata", { ...refused, message: /169\.254\.169\.254, which is not followed/ }],
  ["E40", "endless-redirect", { ...refused, message: /redirects again and again/ }],
  ["E40", "html", { ...noMcp, message: /text\/html instead of JSON/ }],
  ["E40", "no-content", { ...noMcp, message: /204 No Content/ }],
  ["E40", "asks-for-login", { reason: "upstream_auth_required", executed: "no" }],
  ["E40", "too-many-requests", { reason: "upstream_backoff", executed: "no", retryAfterMs: 300_000 }],
  ["E40", "unavailable", { reason: "upstream_backoff", executed: "no", retryAfterMs: 300_000 }],
];

/** Servers whose answers to a call are evil below MCP. */
export const httpAnswers: readonly EvilCase[] = table.map(([id, mode, expected], index) => ({
  id,
  mode,
  upstreams: ["http"],
  ...(table[index - 1]?.[0] === id ? { briefly: ["http"] } : {}),
  ...(expected === silent ? { config: { request_timeout_seconds: 1 } } : {}),
  async play(stage) {
    await stage.works();
    const [answer, megabytes] = await inMemory(stage, mostMegabytes, () =>
      stage.fails(stage.call("misbehave"), { ...expected, withinMs: longestMs }),
    );
    const seen = expected === tooLarge ? `${answer}, ${megabytes} MB more` : answer;
    // It asked to be left alone: what comes next does not even reach it.
    if (expected.reason === "upstream_backoff") return { seen, next: await stage.restsNow() };
    const next = await stage.works();
    await receivedSoon(stage, (all) => all.includes(hungUp));
    await nobodyStrayed(stage);
    return { seen, next };
  },
}));

const mostMegabytes = 128;
const longestMs = 4000;
