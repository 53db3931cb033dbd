import { Refusal } from "./conversation.mjs";
import { complete, getPrompt, promptsOf } from "./prompts.mjs";
import { readResource, resourcesOf, templatesOf } from "./resources.mjs";
import { answerTask, createTask } from "./tasks.mjs";
import { toolsOf } from "./tools.mjs";

/** Gives the result of a request, as an object or as text, or throws a refusal. */
export async function answer(conversation, { id, method, params = {} }, line) {
  switch (method) {
    case "initialize":
      return introduction(conversation.name, params);
    case "ping":
      return {};
    case "tools/list":
      return `{"tools":[${toolsOf(conversation)
        .map(({ listed }) => listed)
        .join(",")}]}`;
    case "tools/call":
      return callTool(conversation, { id, params, line });
    case "prompts/list":
      return promptsOf(conversation, params.cursor);
    case "prompts/get":
      return getPrompt(params);
    case "resources/list":
      return { resources: resourcesOf(conversation) };
    case "resources/templates/list":
      return { resourceTemplates: templatesOf(conversation) };
    case "resources/read":
      return readResource(conversation, params.uri);
    case "resources/subscribe":
      conversation.subscriptions.add(params.uri);
      return {};
    case "resources/unsubscribe":
      conversation.subscriptions.delete(params.uri);
      return {};
    case "completion/complete":
      return complete(params);
    case "logging/setLevel":
      conversation.level = params.level;
      return {};
    case "com.example/echo":
      return { echoed: params, by: conversation.name };
    default:
      if (method.startsWith("tasks/")) return answerTask(conversation, method, params);
      throw new Refusal({ code: -32601, message: `${conversation.name} does not know ${method}` });
  }
}

function callTool(conversation, { id, params, line }) {
  const tool = toolsOf(conversation).find(({ name }) => name === params.name);
  if (!tool) throw new Refusal({ code: -32602, message: `Unknown tool: ${params.name}` });
  const run = () => tool.run(params.arguments ?? {}, { conversation, id, params, line });
  return params.task ? createTask(conversation, params, run) : run();
}

function introduction(name, { protocolVersion }) {
  return {
    protocolVersion,
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      completions: {},
      logging: {},
      tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
      experimental: { "com.example/vendor": { colour: "green" } },
    },
    serverInfo: {
      name: `compatibility-${name}`,
      version: "1.2.3",
      title: "Everything of 2025-11-25",
      websiteUrl: "https://example.com",
      icons: [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }],
    },
    instructions: `Instructions of ${name}`,
  };
}
