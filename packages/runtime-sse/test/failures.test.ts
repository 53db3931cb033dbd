import { expect, test } from "vitest";
import { networkFailure } from "../src/failures.ts";

test.each(["EMFILE", "ENFILE"])("%s is a want of the gateway's own, not a fault of the server", (code) => {
  const cause = Object.assign(new Error("connect"), { code });
  const error = networkFailure(new URL("http://example.test/mcp?key=secret"), cause, false);
  expect(error).toMatchObject({
    reason: "overloaded",
    detail: "fd_exhausted",
    executed: "no",
    retryAfterMs: 1_000,
    message: `http://example.test/mcp can not be reached: too many files are open here (${code})`,
  });
});
