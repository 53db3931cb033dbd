export type { FrontCounters, HttpCounters, HttpEvent } from "./context.ts";
export type { FrontOptions } from "./front.ts";
export { createHttpHandler, type HandlerOptions, type HttpHandler } from "./handler.ts";
export type { HttpLimits } from "./limits.ts";
export type { HttpAddress } from "./listen.ts";
export type { CatalogState } from "./management.ts";
export type { Pressure } from "./pressure.ts";
export { checkServeOptions, type HttpFront, type ServeOptions, serveHttp } from "./serve.ts";
