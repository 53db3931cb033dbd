import { describe, expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { SessionClient } from "./support/session-client.ts";

/** Runs the line that follows, which begins with Node, with flags for it. */
function withFlags(limitMb: number): string[] {
  const line = `exec "$0" --trace-gc --max-old-space-size=${limitMb} "$@"`;
  return ["sh", "-c", line];
}

/** How often a gateway collects everything while 90 answers of 1 MB pass, 3 at a time. */
async function collections(limitMb: number): Promise<number> {
  using sandbox = new Sandbox();
  const args = ["--catalog", sandbox.catalog({ one: [] })];
  await using gateway = await RunningGateway.start(sandbox, args, {}, undefined, withFlags(limitMb));
  const client = await SessionClient.connect(gateway);
  const text = "x".repeat(1024 * 1024);
  const lane = async () => {
    for (let call = 0; call < 30; call++)
      expect(await client.call("one__echo", { text })).toHaveLength(text.length);
  };
  await Promise.all(Array.from({ length: 3 }, lane));
  return gateway.stdout.match(/Mark-Compact/g)?.length ?? 0;
}

describe("everything is collected", () => {
  test("less often than V8 would by itself, but not where memory is scarce", async () => {
    const scarce = await collections(512);
    expect(await collections(2_048)).toBeLessThan(scarce / 2);
  }, 60_000);
});
