import { describe, expect, test } from "vitest";
import { asOmgError, errorFrame, OmgError, type Reason, reasons } from "../src/index.ts";

/** The contract with everybody who reads our errors. A change of a line here is a breaking change. */
const contract = {
  parse_error: [-32700, 400],
  invalid_request: [-32600, 400],
  method_not_found: [-32601, 200],
  bad_params: [-32602, 200],
  header_mismatch: [-32020, 400],
  missing_capability: [-32021, 400],
  unsupported_version: [-32022, 400],
  unknown_tool: [-32602, 200],
  unknown_prompt: [-32602, 200],
  unknown_resource: [-32002, 200],
  server_unknown: [-31013, 404],
  server_disabled: [-31013, 502],
  config_invalid: [-31015, 500],
  unsafe_bind: [-31015, 500],
  port_in_use: [-31015, 500],
  gateway_unreachable: [-31017, 502],
  upstream_start_failed: [-31005, 502],
  runtime_unavailable: [-31005, 503],
  upstream_backoff: [-31006, 502],
  upstream_closed: [-31000, 502],
  upstream_timeout: [-31001, 504],
  upstream_protocol_error: [-31009, 502],
  upstream_auth_required: [-31012, 502],
  message_too_large: [-31010, 413],
  overloaded: [-31007, 503],
  draining: [-31008, 503],
  tool_definition_changed: [-31014, 200],
  cancelled: [-31016, 200],
  internal: [-32603, 500],
} as const satisfies Record<Reason, readonly [code: number, status: number]>;

const retryable: readonly Reason[] = [
  "gateway_unreachable",
  "upstream_start_failed",
  "runtime_unavailable",
  "upstream_backoff",
  "upstream_closed",
  "upstream_timeout",
  "overloaded",
  "draining",
  "cancelled",
];

describe("the reasons", () => {
  test("have their codes and HTTP statuses for good", () => {
    const found = Object.entries(reasons).map(([reason, { code, status }]) => [reason, [code, status]]);
    expect(Object.fromEntries(found)).toEqual(contract);
  });

  test("say which of them may pass", () => {
    const found = Object.entries(reasons).filter(([, info]) => info.retryable);
    expect(found.map(([reason]) => reason).sort()).toEqual([...retryable].sort());
  });

  test("have codes of JSON-RPC or MCP, or of ours from -31000 down", () => {
    const standard = [-32700, -32600, -32601, -32602, -32603, -32002, -32020, -32021, -32022];
    for (const { code } of Object.values(reasons)) {
      expect(standard.includes(code) || (code <= -31000 && code > -32000)).toBe(true);
    }
  });

  test("are snake_case, with a sentence each", () => {
    for (const [reason, { when }] of Object.entries(reasons)) {
      expect(reason).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(when).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe("an error of ours", () => {
  test("was not executed unless it says otherwise", () => {
    expect(new OmgError("draining", { message: "m" }).executed).toBe("no");
    expect(new OmgError("upstream_closed", { message: "m", executed: "unknown" }).executed).toBe("unknown");
  });

  test("is known across copies of this package", () => {
    const copy = Object.assign(new Error("m"), { reason: "draining", [Symbol.for("omg.error")]: true });
    expect(OmgError.is(copy)).toBe(true);
    expect(asOmgError(copy)).toBe(copy);
    expect(OmgError.is(new OmgError("draining", { message: "m" }))).toBe(true);
  });

  test.each([
    [undefined],
    [null],
    ["text"],
    [new Error("m")],
    [{ reason: "draining" }],
    [{ name: "OmgError" }],
  ])("is not %s", (value) => {
    expect(OmgError.is(value)).toBe(false);
  });

  test("is made of anything thrown, which it keeps to itself", () => {
    for (const thrown of [new TypeError("secret"), "secret", undefined]) {
      const error = asOmgError(thrown);
      expect(error.reason).toBe("internal");
      expect(error.message).not.toContain("secret");
      expect(error.cause).toBe(thrown);
    }
  });
});

describe("an error frame", () => {
  const message = (id: string | number | undefined, thrown: unknown) =>
    JSON.parse(errorFrame(id, thrown).bytes.toString());
  const correlationId = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

  test("tells all that is known", () => {
    const error = new OmgError("upstream_backoff", {
      message: "Server 'a' failed",
      detail: "spawn_enoent",
      server: "a",
      executed: "unknown",
      retryAfterMs: 1500,
      cause: new Error("secret"),
    });
    expect(message("7", error)).toEqual({
      jsonrpc: "2.0",
      id: "7",
      error: {
        code: -31006,
        message: "Server 'a' failed",
        data: {
          reason: "upstream_backoff",
          detail: "spawn_enoent",
          server: "a",
          phase: "call",
          executed: "unknown",
          retryable: true,
          retryAfterMs: 1500,
          correlationId,
        },
      },
    });
  });

  test("tells no more than is known", () => {
    expect(message(0, new OmgError("method_not_found", { message: "m" }))).toEqual({
      jsonrpc: "2.0",
      id: 0,
      error: {
        code: -32601,
        message: "m",
        data: { reason: "method_not_found", phase: "route", executed: "no", retryable: false, correlationId },
      },
    });
  });

  test.for([
    { phase: "route", reason: "unknown_tool" },
    { phase: "start", reason: "upstream_start_failed" },
    { phase: "start", reason: "overloaded", options: { phase: "start" } },
    { phase: "call", reason: "upstream_auth_required" },
    { phase: "start", reason: "upstream_auth_required", options: { phase: "start" } },
    { phase: "call", reason: "message_too_large", options: { executed: "unknown" } },
    { phase: "stop", reason: "draining" },
  ] as const)("says where the call failed: $phase for $reason", ({ phase, reason, ...more }) => {
    const options = "options" in more ? more.options : {};
    const error = new OmgError(reason, { message: "m", ...options });
    expect(message(1, error).error.data.phase).toBe(phase);
  });

  test("has the id null when the request's could not be read", () => {
    const frame = errorFrame(undefined, new OmgError("parse_error", { message: "m" }));
    expect(frame.head).toEqual({ kind: "error" });
    expect(message(undefined, new OmgError("parse_error", { message: "m" }))).toHaveProperty("id", null);
  });

  test("holds no stack and no words of a fault of ours", () => {
    const fault = new TypeError("secret /path/of/a/file");
    const text = errorFrame(1, fault).bytes.toString();
    expect(text).not.toMatch(/secret|stack|\.ts|\.js|TypeError/);
    expect(JSON.parse(text).error).toMatchObject({ code: -32603, data: { reason: "internal" } });
  });

  test("has a correlation id of its own", () => {
    const ids = [1, 2].map((id) => message(id, "x").error.data.correlationId);
    expect(new Set(ids).size).toBe(2);
  });
});
