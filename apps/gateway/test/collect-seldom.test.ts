import { describe, expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { SessionClient } from "./support/session-client.ts";

/** Runs the line that follows, which begins with Node, with flags for it. */
function withFlags(limitMb: number): string[] {
  const line = `exec "$0" --trace-gc --max-old-space-size=${limitMb} "$@"`;
  return ["sh", "-c", line];
}

/** How often everything is collected while 90 answers of 1 MB pass, 3 at a time, and how often the gateway asks for what is young. */
async function collections(limitMb: number): Promise<{ ofAll: number; asked: number }> {
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
  // All of what it says of its collections has come when it has ended.
  await gateway.stop();
  const count = (pattern: RegExp) => gateway.stdout.match(pattern)?.length ?? 0;
  // Where everything is being collected anyway, V8 answers by coming to the end of that.
  return { ofAll: count(/Mark-Compact/g), asked: count(/ testing;/g) };
}

describe("garbage is collected", () => {
  test("while it is young, and all of it seldom unless memory is scarce", async () => {
    const scarce = await collections(512);
    const ample = await collections(2_048);
    expect(ample.ofAll).toBeLessThan(scarce.ofAll / 2);
    // After each 16 MB of the 180 of arguments and results.
    expect([scarce.asked, ample.asked]).toEqual([11, 11]);
  }, 60_000);
});
