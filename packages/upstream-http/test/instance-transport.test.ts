import { frameOf, OmgError } from "@omg/core/runtime";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { HttpClient } from "../src/http-client.ts";
import { InstanceTransport } from "../src/instance-transport.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const broken = new OmgError("upstream_closed", { executed: "unknown", message: "broke off" });
const call = frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call" });

test.each([
  [1_000, "its container ended: exit code 3"],
  [2_500, "its container ended: exit code 3"],
  [60_000, "broke off"],
])("a call whose instance is known to have ended after %i ms: %s", async (ms, message) => {
  const client = { request: () => Promise.reject(broken), advice: {} } as unknown as HttpClient;
  const ended = new Promise<string>((end) => {
    setTimeout(() => end("its container ended: exit code 3"), ms);
  });
  const transport = new InstanceTransport({ url: new URL("http://127.0.0.1:1/mcp"), client }, ended);
  const failed = expect(transport.sendFrame(call)).rejects.toMatchObject({
    reason: "upstream_closed",
    executed: "unknown",
    message,
  });
  await vi.advanceTimersByTimeAsync(5_000);
  await failed;
});
