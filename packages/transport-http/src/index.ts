export type { HttpCounters, HttpEvent } from "./context.ts";
export type { HttpLimits } from "./limits.ts";
export type { HttpAddress } from "./listen.ts";
export type { Pressure } from "./pressure.ts";
export {
  type CatalogState,
  checkServeOptions,
  type HttpFront,
  type ServeOptions,
  serveHttp,
} from "./serve.ts";
