import { expect } from "vitest";
import { type Feature, outcome, textOf } from "./feature.ts";
import type { Json } from "./sdk-lines.ts";

const calls: [string, Json][] = [
  ["echo", { message: "héllo 🌍\u2028" }],
  ["get-sum", { a: 2, b: 40 }],
  ["get-sum", { a: "two", b: 40 }],
  ["get-annotated-message", { messageType: "error", includeImage: true }],
  ["get-annotated-message", { messageType: "success" }],
  ["get-annotated-message", { messageType: "debug" }],
  ["get-tiny-image", {}],
  ["get-resource-links", { count: 4 }],
  ["get-resource-reference", { resourceType: "Text", resourceId: 3 }],
  ["get-resource-reference", { resourceType: "Blob", resourceId: 4 }],
  ["get-structured-content", { location: "Chicago" }],
];

/** The tools of server-everything that only answer, progress and errors. */
export const toolFeatures: readonly Feature[] = [
  ...calls.map(
    ([tool, args]): Feature => ({
      title: `${tool} ${JSON.stringify(args)}`,
      run: (party) => outcome(party.call(tool, args)),
    }),
  ),
  {
    title: "structured content that the SDK holds against the tool's schema",
    async run(party) {
      await party.sdk.listTools();
      return party.sdk.callTool({
        name: party.name("get-structured-content"),
        arguments: { location: "New York" },
      });
    },
  },
  {
    title: "a call and an answer of three megabytes",
    run: async (party) => textOf(await party.call("echo", { message: "large ".repeat(500_000) })).length,
  },
  {
    title: "the environment of the catalog",
    run: async (party) => JSON.parse(textOf(await party.call("get-env"))).GREETING,
  },
  {
    title: "a resource that a tool makes, linked, embedded and read",
    async run(party) {
      const args = { name: "hello.gz", data: "data:text/plain,hello" };
      const embedded = await party.call("gzip-file-as-resource", { ...args, outputType: "resource" });
      const before = party.heard.length;
      const linked = await party.call("gzip-file-as-resource", { ...args, outputType: "resourceLink" });
      await party.hears("notifications/resources/list_changed", "", before);
      const [{ uri }] = linked.content as [{ uri: string }];
      return { embedded, linked, read: await party.request("resources/read", { uri }) };
    },
  },
  {
    title: "a long operation with progress",
    async run(party) {
      const start = party.heard.length;
      const args = { duration: 0.3, steps: 3 };
      const result = await party.call("trigger-long-running-operation", args, { onprogress() {} });
      const steps = party.heard.slice(start).filter(({ method }) => method === "notifications/progress");
      return { steps: steps.map(({ params: { progressToken: _, ...step } }) => step), result };
    },
  },
  {
    title: "a long operation that is cancelled, and a call after it",
    async run(party) {
      const stop = new AbortController();
      const args = { duration: 1, steps: 50 };
      const options = { signal: stop.signal, onprogress: () => stop.abort("enough") };
      const cancelled = await outcome(party.call("trigger-long-running-operation", args, options));
      return { cancelled, next: await party.call("echo", { message: "still here" }) };
    },
  },
  {
    title: "a tool that there is not",
    run: (party) => outcome(party.call("nonsense")),
    onAll: () =>
      expect.objectContaining({ code: -32602, data: expect.objectContaining({ reason: "unknown_tool" }) }),
  },
  { title: "ping", run: (party) => party.sdk.ping() },
];
