import { clientTools } from "./client-tools.mjs";
import { decorated, knownContents, numbers, richError, unknownContents } from "./contents.mjs";
import { Refusal } from "./conversation.mjs";
import { text } from "./text.mjs";

/** Everything that the server offers now: each with its name, how it is listed, and what it does. */
export function toolsOf({ added }) {
  return [...tools, ...added.tools.map((name) => tool(name, () => text(name)))];
}

const anything = { type: "object" };

function tool(name, run, more = {}) {
  return { name, run, listed: JSON.stringify({ name, inputSchema: anything, ...more }) };
}

const tools = [
  tool("echo", (_args, { line }) => text(line)),
  { name: "decorated", listed: decorated, run: () => text("decorated") },
  tool("contents", () => knownContents),
  tool("unknown_contents", () => unknownContents),
  tool("numbers", () => numbers),
  tool("fail", () => ({ ...text("It failed, and says so"), isError: true, _meta: { "com.example/why": 7 } })),
  tool("refuse", () => {
    throw new Refusal(richError);
  }),
  tool("structured", ({ word }) => ({ ...text(word), structuredContent: { word, length: word.length } }), {
    outputSchema: {
      type: "object",
      properties: { word: { type: "string" }, length: { type: "integer" } },
      required: ["word", "length"],
    },
  }),
  tool("link", ({ uri }) => ({
    content: [
      { type: "resource_link", uri, name: "linked" },
      { type: "resource", resource: { uri, text: "embedded" } },
    ],
  })),
  // Waits until it is released, or cancelled.
  tool("hold", ({ key }, { conversation, id, params }) => {
    const progressToken = params._meta?.progressToken;
    if (progressToken !== undefined) {
      conversation.notify("notifications/progress", { progressToken, progress: 1, message: "held" });
    }
    return new Promise((resolve) => {
      conversation.held.set(key, { id, release: () => resolve(text(key)) });
      void conversation
        .received("notifications/cancelled", `"requestId":${JSON.stringify(id)}`)
        .then(() => resolve(undefined));
    });
  }),
  tool("work", ({ word }) => text(`worked: ${word}`), { execution: { taskSupport: "optional" } }),
  ...clientTools.map(({ name, run }) => tool(name, run)),
];
