export type { HttpCounters, HttpEvent } from "./context.ts";
export type { HttpLimits } from "./limits.ts";
export type { HttpAddress } from "./listen.ts";
export {
  checkServeOptions,
  type HttpFront,
  type ReloadSummary,
  type ServeOptions,
  serveHttp,
} from "./serve.ts";
