import { describe, expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { SessionClient } from "./support/session-client.ts";

/** Runs the line that follows, which begins with Node, with flags for it. */
function withFlags(limitMb: number): string[] {
  const line = `exec "$0" --trace-gc --max-old-space-size=${limitMb} "$@"`;
  return ["sh", "-c", line];
}

/** How often a gateway collects while 90 answers of 1 MB pass, 3 at a time: everything, and by itself what is young. */
async function collections(limitMb: number): Promise<{ ofAll: number; ofYoung: number }> {
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
  const count = (pattern: RegExp) => gateway.stdout.match(pattern)?.length ?? 0;
  return { ofAll: count(/Mark-Compact/g), ofYoung: count(/Scavenge.* testing;/g) };
}

describe("garbage is collected", () => {
  test("while it is young, and all of it seldom unless memory is scarce", async () => {
    const scarce = await collections(512);
    const ample = await collections(2_048);
    expect(ample.ofAll).toBeLessThan(scarce.ofAll / 2);
    // Of each 16 MB of 180 of arguments and results, which V8 would not think of; the last of its words may be on their way.
    expect(scarce.ofYoung).toBeGreaterThan(5);
    expect(ample.ofYoung).toBeGreaterThan(5);
  }, 60_000);
});
