export { type Clock, systemClock } from "./clock.ts";
export { entryTitle, maskedEntry } from "./config/masked-entry.ts";
export type { GatewayConfig, ServerConfig } from "./config/types.ts";
export { Crowd, type Member } from "./crowd.ts";
export { type Era, isModernVersion, modernVersion, modernVersions } from "./era.ts";
export { asOmgError, type ErrorData, errorFrame } from "./errors/error-frame.ts";
export { type ReasonInfo, reasonInfo, reasons } from "./errors/reasons.ts";
export { type CatalogDiff, diffCatalogs, digestEntries, type EntryDigest } from "./gateway/catalog-diff.ts";
export { createGateway, type GatewayOptions } from "./gateway/create-gateway.ts";
export type { GatewayEvent, GatewayListener } from "./gateway/events.ts";
export { type LoginOptions, login, logout } from "./gateway/login.ts";
export type {
  ConnectOptions,
  ExchangeOptions,
  Gateway,
  GatewayStats,
  ReloadReport,
  RequestOptions,
  ServerState,
  ServerStatus,
  Session,
} from "./gateway/types.ts";
export { type Envelope, readEnvelope, unsupportedVersion } from "./modern/envelope.ts";
export { differences, type ToolChange } from "./pins/differences.ts";
export { setHash } from "./pins/tool-pins.ts";
export type { PinLock, PinPolicy, ServerPins, ToolPin } from "./pins/types.ts";
export { redactor } from "./redact.ts";
export { RequestTable } from "./request-table.ts";
export { batchFrames, isBatch } from "./runtime/batch.ts";
export {
  type EditableField,
  type Frame,
  type FrameExtra,
  type FrameHead,
  type FrameKind,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  type LineTransportOptions,
  lineTransport,
  notificationFrame,
  OmgError,
  type OmgErrorOptions,
  oneLine,
  oneLineText,
  type Params,
  type Phase,
  Pieces,
  parseFrame,
  type Reason,
  type RequestId,
  type RuntimeFactoryOptions,
  type RuntimeV1,
  requestFrame,
  resultFrame,
  rewriteFrame,
  type SendOptions,
  type StateStore,
  type StreamCloseOptions,
  type Transport,
  taken,
} from "./runtime/index.ts";
export { type ListedItem, readItems } from "./runtime/json-items.ts";
export { scanMembers } from "./runtime/json-members.ts";
export type { Span } from "./runtime/json-scanner.ts";
export { headerText, headerValue } from "./upstream/header-value.ts";
export { argumentHeaders, type MirroredArgument, mirroredArguments } from "./upstream/mirrored-headers.ts";
export { isSupportedVersion, protocolVersions } from "./upstream/protocol-version.ts";
export { quoteVisibly } from "./visible-text.ts";
