export { asOmgError, type ErrorData, errorFrame } from "./errors/error-frame.ts";
export { type ReasonInfo, reasons } from "./errors/reasons.ts";
export type {
  ConnectOptions,
  Gateway,
  GatewayStats,
  RequestOptions,
  ServerState,
  ServerStatus,
  Session,
} from "./gateway/types.ts";
export type { GatewayConfig, ServerConfig } from "./config/types.ts";
export * from "./runtime/index.ts";
