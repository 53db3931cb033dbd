import { notificationFrame, requestFrame, resultFrame } from "@omg/core";
import { expect, test } from "vitest";
import { Questions } from "../src/questions.ts";

test("what a session asked ends with it, and nothing else does", () => {
  const questions = new Questions<string>();
  for (const [id, session] of [
    [1, "a"],
    ["1", "b"],
    [2, "a"],
  ] as const)
    questions.heard(requestFrame(id, "ping"), session);
  questions.heard(notificationFrame("notifications/message"), "a");
  expect(questions.end("a")).toEqual([1, 2]);
  expect(questions.answered(resultFrame(1, "{}"))).toBeUndefined();
  expect(questions.answered(resultFrame("1", "{}"))).toBe("b");
  expect(questions.end("b")).toEqual([]);
});
