import { isObject } from "../is-object.ts";
import { subscriptionKey } from "../modern/meta-keys.ts";
import type { Frame, RequestId } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";

/** The part of a listen's filter for lists: those that a server says it tells changes of. */
export function announcedLists(capabilities: Params): Params {
  const tells = (kind: string) => isObject(capabilities[kind]) && capabilities[kind].listChanged === true;
  const lists = ["tools", "prompts", "resources"].filter(tells);
  return Object.fromEntries(lists.map((kind) => [`${kind}ListChanged`, true]));
}

export function filterOf(lists: Params, uris: ReadonlySet<string>): Params {
  return uris.size === 0 ? lists : { ...lists, resourceSubscriptions: [...uris] };
}

/** The id of the listen that a notification belongs to, if it says one. */
export function subscriptionOf(notification: Frame): RequestId | undefined {
  const message = notification.value();
  const id = "params" in message ? message.params?._meta?.[subscriptionKey] : undefined;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

export function methodNotFound(error: Frame): boolean {
  const message = error.value();
  return "error" in message && message.error.code === -32601;
}
