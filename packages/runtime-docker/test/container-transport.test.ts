import { frameOf, OmgError } from "@omg/core/runtime";
import type { HttpClient } from "@omg/upstream-http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ContainerTransport } from "../src/container/container-transport.ts";
import type { Ended } from "../src/container/exit-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const broken = new OmgError("upstream_closed", { executed: "unknown", message: "broke off" });
const call = frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call" });

test.each([
  [1_000, "its container ended: exit code 3"],
  [2_500, "its container ended: exit code 3"],
  [60_000, "broke off"],
])("a call whose container is known to have ended after %i ms: %s", async (ms, message) => {
  const client = { request: () => Promise.reject(broken), advice: {} } as unknown as HttpClient;
  const ended = new Promise<Ended>((end) => {
    setTimeout(() => end({ reason: "exited", detail: "exit code 3" }), ms);
  });
  const transport = new ContainerTransport({ url: new URL("http://127.0.0.1:1/mcp"), client }, ended);
  const failed = expect(transport.sendFrame(call)).rejects.toMatchObject({
    reason: "upstream_closed",
    executed: "unknown",
    message,
  });
  await vi.advanceTimersByTimeAsync(5_000);
  await failed;
});
