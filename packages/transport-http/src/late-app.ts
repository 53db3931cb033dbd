import type { RequestListener } from "node:http";
import type { AppOptions, Endpoints } from "./app.ts";
import type { HttpContext } from "./context.ts";
import { sendFailure } from "./http-errors.ts";

/**
 * Answers by the routes of the app, which is loaded with the first request for one of them: Hono brings Node's `fetch`
 * along, and most clients need neither. That is 20 ms of every start, and 8 MB. Where it can not be loaded now, as when too
 * many files are open, the request is answered with 500, and the next one tries again.
 */
export function lateApp(http: HttpContext, endpoints: Endpoints, options: AppOptions): RequestListener {
  let loading: Promise<RequestListener> | undefined;
  return (incoming, outgoing) => {
    loading ??= load(http, endpoints, options).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    loading
      .then((answer) => answer(incoming, outgoing))
      .catch((error: unknown) => {
        http.emit({ type: "http-error", error });
        sendFailure(outgoing, error);
      });
  };
}

async function load(http: HttpContext, endpoints: Endpoints, options: AppOptions): Promise<RequestListener> {
  const [{ createApp }, { getRequestListener }] = await Promise.all([
    import("./app.ts"),
    import("@hono/node-server"),
  ]);
  const { fetch } = createApp(http, endpoints, options);
  return getRequestListener(fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false });
}
