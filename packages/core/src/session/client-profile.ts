import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";

type Capabilities = Readonly<Record<string, unknown>>;

/** What a client said of itself in `initialize`; all empty before. */
export interface ClientProfile {
  readonly capabilities: Capabilities;
}

export function clientProfile(initialize: Params | undefined): ClientProfile {
  return { capabilities: objectIn(initialize, "capabilities") ?? {} };
}

/**
 * Throws unless the client has said that it answers such a question (MCP: a server must not ask otherwise, and on a
 * shared instance it can not know). What MCP does not define passes.
 */
export function mustAnswer({ capabilities }: ClientProfile, question: Frame): void {
  const { method = "" } = question.head;
  const capability = capabilityOf[method];
  if (capability === undefined) return;
  const declared = objectIn(capabilities, capability);
  if (!declared) {
    const message = `The client has not declared the capability ${capability}`;
    throw new OmgError("method_not_found", { message });
  }
  const message = question.value();
  const params = "method" in message ? message.params : undefined;
  if (method === "elicitation/create") {
    const mode = params?.mode ?? "form";
    // Before 2025-11-25 the capability had no members and meant forms.
    const plain = declared.form === undefined && declared.url === undefined;
    if (plain ? mode !== "form" : declared[String(mode)] === undefined) throw unsupported(`mode ${mode}`);
  } else if (method === "sampling/createMessage") {
    const withTools = params?.tools !== undefined || params?.toolChoice !== undefined;
    if (withTools && declared.tools === undefined) throw unsupported("sampling with tools");
  }
}

const capabilityOf: Readonly<Record<string, string>> = {
  "sampling/createMessage": "sampling",
  "elicitation/create": "elicitation",
  "roots/list": "roots",
};

function unsupported(what: string): OmgError {
  return new OmgError("bad_params", { message: `The client has not declared ${what}` });
}

function objectIn(parent: Capabilities | undefined, key: string): Capabilities | undefined {
  const value = parent?.[key];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Capabilities)
    : undefined;
}
