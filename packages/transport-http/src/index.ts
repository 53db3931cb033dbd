export type { FrontCounters, HttpCounters } from "./context.ts";
export type { CatalogState, FrontOptions } from "./front-options.ts";
export { createHttpHandler, type HandlerOptions, type HttpHandler } from "./handler.ts";
export type { HttpEvent } from "./http-event.ts";
export type { HttpLimits } from "./limits.ts";
export type { HttpAddress } from "./listen.ts";
export type { Pressure } from "./pressure.ts";
export { checkServeOptions, type HttpFront, type ServeOptions, serveHttp } from "./serve.ts";
