import { randomBytes } from "node:crypto";
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  type InputRequest,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { type Era, Unanswered } from "./era.ts";
import { answers as fits } from "./questions.ts";
import type { Answer, AskOptions, CallContext } from "./tool.ts";

/** What a seal vouches for: the answers of earlier rounds. */
interface Sealed {
  readonly answers: Readonly<Record<string, Answer>>;
}

const seals = createRequestStateCodec<Sealed>({ key: randomBytes(32) });

const minuteMs = 60_000;

/** Revision 2026-07-28: a question is a result, and the call comes again with the answer. */
export const modernEra: Era = {
  options: {
    requestState: { verify: seals.verify },
    cacheHints: {
      "resources/list": { ttlMs: minuteMs, cacheScope: "public" },
      "resources/templates/list": { ttlMs: minuteMs, cacheScope: "public" },
    },
  },
  // Whoever serves it knows who listens.
  announcerOf: (server) => ({
    toolsChanged: () => void server.sendToolListChanged(),
    promptsChanged: () => void server.sendPromptListChanged(),
    resourceUpdated: (uri) => void server.sendResourceUpdated({ uri }),
  }),
  capabilitiesOf,
  askerOf,
};

function capabilitiesOf(_server: Server, { mcpReq }: ServerContext): ClientCapabilities {
  // The SDK's type for this does not know its keys.
  const envelope = mcpReq.envelope as Readonly<Record<string, ClientCapabilities>> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
}

function askerOf({ mcpReq }: ServerContext): CallContext["ask"] {
  const seal = mcpReq.requestState<Sealed>();
  const given: Readonly<Record<string, unknown>> = { ...mcpReq.inputResponses, ...seal?.answers };
  return async <Key extends string>(
    questions: Readonly<Record<Key, InputRequest>>,
    { sealed = false }: AskOptions = {},
  ) => {
    const entries = Object.entries<InputRequest>(questions);
    const counts = seal !== undefined || !sealed;
    const open = entries.filter(([key, question]) => !counts || !fits(question, given[key]));
    if (open.length === 0) return given as Record<Key, Answer>;
    const answers = seal ? (given as Record<string, Answer>) : {};
    throw new Unanswered({
      resultType: "input_required",
      inputRequests: Object.fromEntries(open),
      ...(sealed || Object.keys(answers).length > 0 ? { requestState: await seals.mint({ answers }) } : {}),
    });
  };
}
