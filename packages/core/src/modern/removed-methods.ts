import { OmgError } from "../runtime/errors.ts";

const logLevel = '_meta["io.modelcontextprotocol/logLevel"] of each request';
const tasks = "tasks/get of the extension io.modelcontextprotocol/tasks";

/** Methods of the legacy era that 2026-07-28 has no more, and what does their work now. */
const replacements: ReadonlyMap<string, string> = new Map([
  ["initialize", "server/discover"],
  ["ping", "server/discover"],
  ["logging/setLevel", logLevel],
  ["resources/subscribe", "subscriptions/listen"],
  ["resources/unsubscribe", "subscriptions/listen, ended"],
  ["tasks/list", tasks],
  ["tasks/result", tasks],
]);

/** Throws `method_not_found` for a method that the modern era has given up. */
export function mustStillExist(method: string): void {
  const replacement = replacements.get(method);
  if (replacement === undefined) return;
  throw new OmgError("method_not_found", {
    message: `Revision 2026-07-28 has no ${method}; in its place: ${replacement}`,
  });
}
