import type { InputRequest, Server, ServerContext } from "@modelcontextprotocol/server";
import type { Era } from "./era.ts";
import type { Answer, AskOptions, CallContext } from "./tool.ts";

/** Revisions up to 2025-11-25: a question is a request of the server, and the call waits for the answer. */
export const legacyEra: Era = {
  // A tool that needs the client's model or user fails at once if the client has declared none.
  options: { enforceStrictCapabilities: true },
  announcerOf(server) {
    const subscriptions = serveSubscriptions(server);
    return {
      toolsChanged: () => void server.sendToolListChanged(),
      promptsChanged: () => void server.sendPromptListChanged(),
      resourceUpdated(uri) {
        if (subscriptions.has(uri)) void server.sendResourceUpdated({ uri });
      },
    };
  },
  capabilitiesOf: (server) => server.getClientCapabilities() ?? {},
  askerOf,
};

/** Gives the URIs that the client is subscribed to. */
function serveSubscriptions(server: Server): ReadonlySet<string> {
  const subscriptions = new Set<string>();
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
  return subscriptions;
}

/** In this era, each question stands for itself. */
function askerOf({ mcpReq }: ServerContext): CallContext["ask"] {
  // Not the SDK's own methods for this: they judge what the client answers.
  const send = ({ method, params = {} }: InputRequest): Promise<Answer> =>
    mcpReq.send({ method, params: { ...params } });
  return async <Key extends string>(
    questions: Readonly<Record<Key, InputRequest>>,
    { together = false }: AskOptions = {},
  ) => {
    const entries = Object.entries<InputRequest>(questions);
    if (together) {
      const answered = entries.map(async ([key, question]) => [key, await send(question)] as const);
      return Object.fromEntries(await Promise.all(answered)) as Record<Key, Answer>;
    }
    const answers: Record<string, Answer> = {};
    for (const [key, question] of entries) answers[key] = await send(question);
    return answers as Record<Key, Answer>;
  };
}
