import { Refusal } from "./conversation.mjs";

const prompts = [
  {
    name: "greet",
    title: "Greeting",
    arguments: [{ name: "who", description: "Whom to greet", required: true }],
    icons: [{ src: "https://example.com/prompt.png" }],
    "com.example/unknown": true,
  },
  { name: "attach", description: "With an embedded resource" },
  { name: "last", description: "Stands on the second page" },
];

/** A cursor that is no number and not plain ASCII: nobody but the server may read it. */
const secondPage = "page 2 / ä";

export function promptsOf({ added }, cursor) {
  const more = added.prompts.map((name) => ({ name }));
  if (cursor === undefined) return { prompts: prompts.slice(0, 2), nextCursor: secondPage };
  if (cursor === secondPage) return { prompts: [...prompts.slice(2), ...more] };
  throw new Refusal({ code: -32602, message: `Unknown cursor: ${cursor}` });
}

export function getPrompt({ name, arguments: { who } = {} }) {
  if (name === "greet") {
    return { description: "A greeting", messages: [user({ type: "text", text: `Greet ${who}` })] };
  }
  if (name === "attach") {
    return { messages: [user({ type: "resource", resource: { uri: "shared://note", text: "attached" } })] };
  }
  throw new Refusal({ code: -32602, message: `Unknown prompt: ${name}` });
}

/** Tells what it was asked about, so that a test sees whom the reference reached. */
export function complete({ ref, argument, context }) {
  const values = [
    ref.name ?? ref.uri,
    argument.name,
    argument.value,
    JSON.stringify(context?.arguments ?? {}),
  ];
  return { completion: { values, total: 4, hasMore: false } };
}

function user(content) {
  return { role: "user", content };
}
