import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { answerError } from "../src/answer-error.ts";
import { formatResult } from "../src/commands/call-result.ts";
import { formatTable } from "../src/commands/table.ts";
import { bins, RunningGateway, run, Sandbox, scripted } from "./support/omg.ts";

/** A configuration whose gateway nobody runs, or whose port something else holds. */
function configured(sandbox: Sandbox, servers: readonly object[], port: string | number = 9): string {
  return sandbox.write("config.yaml", { listen_addr: `localhost:${port}`, servers });
}

function portOf(gateway: RunningGateway): string {
  return new URL(gateway.url).port;
}

/** Any control character but the end of a line. */
const control = /[^\P{Cc}\n]/u;

describe("control characters of servers", () => {
  test("do not reach the terminal when a server says them last", async () => {
    using sandbox = new Sandbox();
    const script = "process.stderr.write('\\x1b[2J\\x07\\rgone\\n'); process.exit(1)";
    const runtime = { type: "local-process", command: process.execPath, args: ["-e", script] };
    const config = configured(sandbox, [{ id: "rude", runtime }]);
    const { code, stderr } = await run(sandbox, bins.omg, ["call", "rude.x", "--config", config]);
    expect(code).toBe(6);
    expect(stderr).toContain("gone");
    expect(stderr).not.toMatch(control);
  });

  test("do not reach the terminal in a list, whose rows are one line each", async () => {
    using sandbox = new Sandbox();
    const description = "first\u001b[31m\nsecond";
    const config = configured(sandbox, [
      { id: "a", runtime: scripted(), description },
      { id: "b", runtime: scripted(), description: "\nlater" },
    ]);
    const { stdout } = await run(sandbox, bins.omg, ["list", "--config", config]);
    expect(stdout).toContain("first\\u001b[31m\n");
    expect(stdout).not.toMatch(control);
    expect(stdout.trim().split("\n")).toHaveLength(3);
  });

  test("do not move the columns of a table", () => {
    const lines = formatTable(
      ["A", "B"],
      [
        ["\u0007", "x"],
        ["yy", "x"],
      ],
    )
      .trim()
      .split("\n");
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([9]));
  });

  test("stay in a result that is piped, and are escaped for a terminal", () => {
    const result = { content: [{ type: "text", text: "\u001b[1mone\r\n\ttwo" }] };
    expect(formatResult(result, { raw: false, terminal: false })).toBe("\u001b[1mone\r\n\ttwo\n");
    expect(formatResult(result, { raw: false, terminal: true })).toBe("\\u001b[1mone\n\ttwo\n");
  });
});

describe("a gateway that holds the configured port", () => {
  test("is named by list, and also that it serves another catalog", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const here = `Servers of the gateway that runs at http://localhost:${portOf(gateway)}`;
    const same = configured(sandbox, [{ id: "a", runtime: scripted() }], portOf(gateway));
    expect((await run(sandbox, bins.omg, ["list", "--config", same])).stderr).toBe(`${here}\n`);
    const other = configured(sandbox, [{ id: "b", runtime: scripted() }], portOf(gateway));
    const listed = await run(sandbox, bins.omg, ["list", "--config", other]);
    expect(listed.stderr).toBe(`${here}; it serves another catalog than config.yaml\n`);
    expect(listed.stdout).toMatch(/^a /m);
  });

  test("is not asked for a server that only the catalog has", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const config = configured(sandbox, [{ id: "b", runtime: scripted() }], portOf(gateway));
    const called = await run(sandbox, bins.omg, ["call", "b.echo", "text=hi", "--config", config]);
    expect(called).toMatchObject({ code: 0, stdout: "hi\n" });
    expect(called.stderr).toMatch(/^The gateway that runs at \S+ has no server 'b'; .* alone\n$/);
  });
});

describe("a call over a gateway", () => {
  test("reaches a server whose id no header could carry", async () => {
    using sandbox = new Sandbox();
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", sandbox.catalog({ 日本: [] })]);
    const called = await run(sandbox, bins.omg, ["call", "日本.echo", "text=hi", "--url", gateway.url]);
    expect(called).toEqual({ code: 0, stdout: "hi\n", stderr: "" });
  });

  test("ends with the code that it has without one", async () => {
    using sandbox = new Sandbox();
    const servers = [
      { id: "x", runtime: scripted() },
      { id: "broken", runtime: scripted("--exit-at-once", "1") },
      { id: "old", runtime: scripted("--protocol-version", "1999-01-01") },
    ];
    const config = configured(sandbox, servers);
    await using gateway = await RunningGateway.start(sandbox, ["--config", config]);
    for (const [target, code] of [
      ["x.crash", 1],
      ["broken.echo", 6],
      ["old.echo", 6],
    ] as const) {
      const alone = await run(sandbox, bins.omg, ["call", target, "--config", config]);
      expect(alone).toMatchObject({ code, stderr: expect.stringContaining("error[upstream_") });
      const over = await run(sandbox, bins.omg, ["call", target, "--url", gateway.url]);
      expect(over).toMatchObject({ code, stderr: expect.stringContaining("error[upstream_") });
    }
  });

  test.each([
    [404, "server_unknown", "server_unknown"],
    [502, "upstream_backoff", "upstream_backoff"],
    [400, undefined, "invalid_request"],
    [500, undefined, "upstream_protocol_error"],
    [502, "constructor", "upstream_protocol_error"],
    [502, { of: "another kind" }, "upstream_protocol_error"],
  ])("status %i with the reason %j means %s", (status, said, reason) => {
    expect(answerError("http://localhost:1", status, "text", said)).toMatchObject({ reason });
  });

  test("takes only a failed connection for an absent gateway", async () => {
    using sandbox = new Sandbox();
    const page = createServer((_, response) => response.end("<html>")).listen(0, "localhost");
    await once(page, "listening");
    const url = `http://localhost:${(page.address() as AddressInfo).port}`;
    const asked = await run(sandbox, bins.omg, ["list", "--url", url]);
    page.close();
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("is no gateway") });
    expect((await run(sandbox, bins.omg, ["list", "--url", url])).code).toBe(3);
    const env = { MCP_GATEWAY_API_KEY: "schlüssel-鍵" };
    const keyed = await run(sandbox, bins.omg, ["list", "--url", url], { env });
    expect(keyed).toMatchObject({ code: 4, stderr: expect.not.stringContaining("鍵") });
  });
});

describe("mistakes on the command line", () => {
  test.each(["localhost:4599", "ftp://localhost:4599", "//localhost:4599"])(
    "%s is no http URL, and the one that was meant is named",
    async (url) => {
      using sandbox = new Sandbox();
      const stderr = `error: "${url}" is not an http URL; did you mean http://localhost:4599?\n`;
      for (const args of [
        ["stdio", "--gateway", url],
        ["list", "--url", url],
        ["call", "a.x", "--url", url],
      ]) {
        expect(await run(sandbox, bins.omg, args)).toEqual({ code: 2, stdout: "", stderr });
      }
    },
  );

  test("an unknown command names the command that was meant", async () => {
    using sandbox = new Sandbox();
    expect(await run(sandbox, bins.omg, ["lsit", "--json"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: unknown command 'lsit'. Did you mean list?\nsee: omg --help\n",
    });
    expect((await run(sandbox, bins.omg, ["teleport"])).stderr).toBe(
      "error: unknown command 'teleport'.\nsee: omg --help\n",
    );
    expect((await run(sandbox, bins.omg, ["help"])).code).toBe(0);
  });
});

describe("diagnostics", () => {
  const bad = { type: "local-process", command: "${NOT_SET_ANYWHERE}" };

  test("of servers that are not called stay out of a call", async () => {
    using sandbox = new Sandbox();
    const config = configured(sandbox, [
      { id: "a", runtime: scripted() },
      { id: "bad", runtime: bad },
    ]);
    const called = await run(sandbox, bins.omg, ["call", "a.echo", "text=hi", "--config", config]);
    expect(called).toEqual({ code: 0, stdout: "hi\n", stderr: "" });
    const refused = await run(sandbox, bins.omg, ["call", "bad.echo", "--config", config]);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain("NOT_SET_ANYWHERE");
  });

  test("are said once for each place", async () => {
    using sandbox = new Sandbox();
    const value = "${NOT_SET_ANYWHERE}";
    const runtime = { type: "local-process", command: "x", args: [value, value] };
    const text = JSON.stringify({ servers: [{ id: "a", runtime }] });
    const catalog = sandbox.write("catalog.yaml", text);
    const { stderr } = await run(sandbox, bins.omg, ["validate", "--catalog", catalog]);
    expect(stderr.match(/NOT_SET_ANYWHERE\} is not set/g)).toHaveLength(1);
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const logged = gateway.log.filter(({ message }) => String(message).includes("NOT_SET_ANYWHERE"));
    expect(logged).toHaveLength(1);
  });
});
