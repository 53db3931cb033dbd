import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Disturbances } from "./disturbances.ts";
import { compareExecutions } from "./executions.ts";
import { History, type Message } from "./history.ts";
import { plan } from "./plan.ts";
import { Request } from "./request.ts";

const seed = 1;

/** A history with one call under way. */
function calling({ disturbances = new Disturbances(), steps = 0 } = {}) {
  const history = new History(1, disturbances);
  const client = "0.1";
  const request = new Request({ operation: 0, seed, client, method: "tools/call", server: "plain", steps });
  history.begin(request);
  const text = `plain:${request.value}`;
  const answer: Message = { result: { content: [{ type: "text", text }] } };
  const told = (changes: object = {}): Message => ({
    method: "notifications/progress",
    params: { progressToken: request.value, progress: 1, message: request.value, ...changes },
  });
  return { history, request, answer, told, faults: () => history.faults.map(({ what }) => what) };
}

function failure(reason: string, executed = "no", code = -31000): Message {
  return { error: { code, message: "no", data: { reason, executed } } };
}

test("the same seed gives the same operations, another seed others", () => {
  const [one, same, other] = [3, 3, 4].map((of) => plan(of));
  const first = (operations = plan(0)) => Array.from({ length: 5000 }, () => operations.next().value);
  const expected = first(one);
  expect(first(same)).toEqual(expected);
  expect(first(other)).not.toEqual(expected);
});

test("one answer that is its own is all right, with the progress that was asked for", () => {
  const { history, request, answer, told, faults } = calling({ steps: 2 });
  history.came(told({ message: "Starting server 'plain'", progress: 0 }), request);
  history.came(told(), request);
  history.came(told({ progress: 2 }), request);
  history.came(answer, request);
  history.end(request);
  expect(faults()).toEqual([]);
});

test("no answer is a fault, unless the client wants none", () => {
  const silent = calling();
  silent.history.end(silent.request);
  expect(silent.faults()).toEqual([expect.stringContaining("has no answer")]);
  const cancelled = calling();
  cancelled.history.withdraw(cancelled.request, "cancelled");
  cancelled.history.end(cancelled.request);
  expect(cancelled.faults()).toEqual([]);
});

test.each<[string, (called: ReturnType<typeof calling>) => Message[]]>([
  ["has another answer", ({ answer }) => [answer, answer]],
  ["has the result", () => [{ result: { content: [{ type: "text", text: "plain:another's" }] } }]],
  ["was told of another's progress", ({ told, answer }) => [told({ message: "another's" }), answer]],
  ["was told of too much progress", ({ told, answer }) => [answer, told()]],
  ["was told of progress 1 too late", ({ told, answer }) => [told({ progress: 2 }), told(), answer]],
  ["was told {", ({ answer }) => [{ method: "notifications/message" }, answer]],
  ["met a fault of the gateway", () => [failure("cancelled", "no", -32603)]],
  ["failed, and nothing was done to it", () => [failure("upstream_closed")]],
])("a fault: it %s", (what, messages) => {
  const called = calling({ steps: 2 });
  for (const message of messages(called)) called.history.came(message, called.request);
  called.history.end(called.request);
  expect(called.faults()).toContainEqual(expect.stringContaining(what));
});

test("what is for no request is a fault", () => {
  const { history, answer, faults } = calling();
  history.came(answer, undefined);
  expect(faults()).toEqual([expect.stringContaining("for nobody")]);
});

test("a call may fail while its server is being killed, and a server is lost once for each kill", () => {
  const disturbances = new Disturbances();
  disturbances.begin("kill", "plain");
  const { history, request, faults } = calling({ disturbances });
  history.came(failure("upstream_closed", "unknown"), request);
  expect(faults()).toEqual([]);
  const lost = { type: "server-state", server: "plain", from: "stopping", to: "failed" } as const;
  expect([disturbances.follow(lost), disturbances.follow(lost)]).toEqual([true, false]);
});

const unknown = failure("upstream_closed", "unknown");
const no = failure("upstream_closed", "no");

test.each<[string, number, string, Message | undefined]>([
  ["a result", 1, "right", undefined],
  ["a result", 0, "wrong", undefined],
  ["a result", 2, "wrong", undefined],
  ["an error that says no", 0, "right", no],
  ["an error that says no", 1, "wrong", no],
  ["an error that does not know", 0, "right", unknown],
  ["an error that does not know", 1, "right", unknown],
  ["an error that does not know", 2, "wrong", unknown],
])("a call with %s that was executed %i times is %s", async (_, times, verdict, message) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-history-"));
  const file = join(folder.path, "executions");
  const disturbances = new Disturbances();
  disturbances.begin("kill", "plain");
  const { history, request, answer, faults } = calling({ disturbances });
  history.came(message ?? answer, request);
  history.end(request);
  await writeFile(file, `${request.value}\n`.repeat(times));
  expect(await compareExecutions(file, history, seed)).toBe(times);
  expect(faults()).toHaveLength(verdict === "right" ? 0 : 1);
});
