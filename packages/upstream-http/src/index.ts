export type { Authorizer, Refusal } from "./authorizer.ts";
export {
  type Advice,
  asksForPause,
  failure,
  type Headers,
  isConnectFailure,
  networkFailure,
} from "./failures.ts";
export { HttpClient, type HttpClientOptions, type HttpRequest, type HttpResponse } from "./http-client.ts";
export {
  type InstanceConversation,
  type InstanceConversationOptions,
  instanceConversation,
} from "./instance-conversation.ts";
export { InstanceTransport } from "./instance-transport.ts";
export { letGo, readAll } from "./read-body.ts";
export { SseTransport, type SseTransportOptions } from "./sse-transport.ts";
export { StreamableTransport, type StreamableTransportOptions } from "./streamable-transport.ts";
