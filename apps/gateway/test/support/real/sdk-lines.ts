import {
  Client as ModernLineClient,
  StreamableHTTPClientTransport as ModernLineHttp,
} from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernLineStdio } from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResultSchema,
} from "@modelcontextprotocol/sdk/types.js";

export type Json = Record<string, unknown>;

export interface RequestOptions {
  readonly onprogress?: (progress: Json) => void;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** What a program is started with. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a client connects: a program that it starts, or an address. */
export type Target = Command | URL;

/** What a client brings to its connection. */
export interface Host {
  readonly capabilities: Json;
  readonly heard: (method: string, params: Json) => void;
  readonly answer: (method: string, params: Json) => Json;
}

/** The part of both SDK lines' clients that the tests use. */
export interface LineClient {
  request(method: string, params: Json, options: RequestOptions): Promise<Json>;
  notify(method: string): Promise<void>;
  /** The SDK's own method, which holds structured content against the tool's schema. */
  callTool(params: { name: string; arguments: Json }): Promise<unknown>;
  listTools(): Promise<unknown>;
  ping(): Promise<unknown>;
  getServerCapabilities(): unknown;
  close(): Promise<void>;
}

const info = { name: "real-servers", version: "1.0.0" };
/** Lets every result pass as it came. */
const anything = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) => ({ value: value as Json }),
  },
};

/** Connects the client of one line. */
export type Connect = (target: Target, host: Host) => Promise<LineClient>;

export const sdkLines = {
  async "SDK 1.x"(target, { capabilities, heard, answer }) {
    const client = new Client(info, { capabilities });
    client.fallbackNotificationHandler = async ({ method, params = {} }) => heard(method, params);
    const reply = ({ method, params = {} }: { method: string; params?: object | undefined }) =>
      answer(method, params as Json) as never;
    if (capabilities.sampling) client.setRequestHandler(CreateMessageRequestSchema, reply);
    if (capabilities.elicitation) client.setRequestHandler(ElicitRequestSchema, reply);
    if (capabilities.roots) client.setRequestHandler(ListRootsRequestSchema, reply);
    client.fallbackRequestHandler = async (request) => reply(request);
    const transport =
      target instanceof URL
        ? new StreamableHTTPClientTransport(target)
        : new StdioClientTransport({ ...writable(target), stderr: "ignore" });
    await client.connect(transport as never);
    tap(transport, heard);
    return face(client, (request, options) => client.request(request, ResultSchema, options as never));
  },
  async "SDK 2.x"(target, { capabilities, heard, answer }) {
    const client = new ModernLineClient(info, { capabilities });
    client.fallbackNotificationHandler = async ({ method, params = {} }) => heard(method, params);
    const reply = ({ method, params = {} }: { method: string; params?: object | undefined }) =>
      answer(method, params as Json) as never;
    if (capabilities.sampling) client.setRequestHandler("sampling/createMessage", reply);
    if (capabilities.elicitation) client.setRequestHandler("elicitation/create", reply);
    if (capabilities.roots) client.setRequestHandler("roots/list", reply);
    client.fallbackRequestHandler = async (request) => reply(request);
    const transport =
      target instanceof URL
        ? new ModernLineHttp(target)
        : new ModernLineStdio({ ...writable(target), stderr: "ignore" });
    await client.connect(transport);
    tap(transport, heard);
    return face(client, (request, options) => client.request(request, anything, options as never));
  },
} satisfies Record<string, Connect>;

export type SdkLine = keyof typeof sdkLines;

function face(
  client: Client | ModernLineClient,
  request: (request: { method: string; params: Json }, options: RequestOptions) => Promise<unknown>,
): LineClient {
  return {
    request: (method, params, options) => request({ method, params }, options) as Promise<Json>,
    notify: (method) => client.notification({ method } as never),
    callTool: (params) => client.callTool(params),
    listTools: () => client.listTools(),
    ping: () => client.ping(),
    getServerCapabilities: () => client.getServerCapabilities(),
    close: () => client.close(),
  };
}

/** Hears of progress at the transport: the SDK's 2.x client forgets what arrives together with the result. */
function tap(transport: object, heard: Host["heard"]): void {
  const line = transport as {
    onmessage: (message: { method?: string; params?: Json }, more: unknown) => void;
  };
  const { onmessage } = line;
  line.onmessage = (message, more) => {
    if (message.method === "notifications/progress") heard(message.method, message.params ?? {});
    onmessage(message, more);
  };
}

function writable({ command, args, env }: Command) {
  return { command, args: [...args], env: { ...env } };
}
