export { redactor } from "../redact.ts";
export { RequestTable } from "../request-table.ts";
export { cutText } from "./cut-text.ts";
export { OmgError, type OmgErrorOptions, type Phase, type Reason } from "./errors.ts";
export {
  type EditableField,
  type Frame,
  type FrameHead,
  type FrameKind,
  frameOf,
  notificationFrame,
  oneLine,
  oneLineText,
  parseFrame,
  type RequestId,
  requestFrame,
  resultFrame,
  rewriteFrame,
} from "./frame.ts";
export { type LineTransportOptions, lineTransport } from "./line-transport.ts";
export { type LogLinesOptions, logLines } from "./log-lines.ts";
export { Pieces } from "./pieces.ts";
export { mapsOnly, namedMap } from "./schema-maps.ts";
export { schemaWords } from "./schema-words.ts";
export {
  type FrameExtra,
  type FrameSendOptions,
  type JsonRpcMessage,
  type Params,
  type SendOptions,
  type StreamCloseOptions,
  type Transport,
  taken,
} from "./transport.ts";
export {
  defineRuntime,
  type Exit,
  type InstanceV1,
  type LoginRequest,
  type OptionsIssue,
  type OptionsResult,
  type OptionsSchema,
  type PrepareRequest,
  type RuntimeFactoryOptions,
  type RuntimeV1,
  type StartRequest,
  type StateStore,
  type SweepRequest,
} from "./v1.ts";
export { valibotOptions } from "./valibot-options.ts";
export { unless, within } from "./waiting.ts";
