import { createInterface } from "node:readline";
import { Conversation } from "./conversation.mjs";
import { answer } from "./methods.mjs";

// An MCP server of revision 2025-11-25 in plain Node, with every feature of it. Its argument is its name. Nothing but
// node: is imported, so that it starts at once.
const [name = "main"] = process.argv.slice(2);
const conversation = new Conversation(name, (line) => process.stdout.write(`${line}\n`));

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const message = JSON.parse(line);
    conversation.note(message, line);
    if (message.method === undefined) conversation.answered(message);
    else if (message.id !== undefined) void respond(message, line);
  })
  .on("close", () => process.exit());

async function respond(message, line) {
  const id = JSON.stringify(message.id);
  try {
    const result = await answer(conversation, message, line);
    // Who has cancelled a request expects no answer.
    if (result === undefined) return;
    const text = typeof result === "string" ? result : JSON.stringify(result);
    conversation.write(`{"jsonrpc":"2.0","id":${id},"result":${text}}`);
  } catch (error) {
    if (error instanceof Error) error.text = JSON.stringify({ code: -32603, message: error.message });
    conversation.write(`{"jsonrpc":"2.0","id":${id},"error":${error.text}}`);
  }
}
