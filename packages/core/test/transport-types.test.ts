import type {
  Client as SplitClient,
  StreamableHTTPClientTransport as SplitHttpTransport,
  InMemoryTransport as SplitInMemoryTransport,
  SSEClientTransport as SplitSseTransport,
  Transport as SplitTransport,
} from "@modelcontextprotocol/client";
import type { StdioClientTransport as SplitStdioTransport } from "@modelcontextprotocol/client/stdio";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import type { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import type { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { Transport as SdkTransport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { describe, expectTypeOf, test } from "vitest";
import type { JsonRpcMessage, Transport } from "../src/runtime/index.ts";

describe("a transport of the SDK's 1.x line is a transport of ours", () => {
  test("by its interface", () => {
    expectTypeOf<SdkTransport>().toExtend<Transport>();
  });

  test("by every class", () => {
    expectTypeOf<StdioClientTransport>().toExtend<Transport>();
    expectTypeOf<StreamableHTTPClientTransport>().toExtend<Transport>();
    expectTypeOf<SSEClientTransport>().toExtend<Transport>();
    expectTypeOf<WebSocketClientTransport>().toExtend<Transport>();
    expectTypeOf<InMemoryTransport>().toExtend<Transport>();
  });
});

describe("a transport of the split SDK is a transport of ours", () => {
  test("by its interface", () => {
    expectTypeOf<SplitTransport>().toExtend<Transport>();
  });

  test("by every class", () => {
    expectTypeOf<SplitStdioTransport>().toExtend<Transport>();
    expectTypeOf<SplitHttpTransport>().toExtend<Transport>();
    expectTypeOf<SplitSseTransport>().toExtend<Transport>();
    expectTypeOf<SplitInMemoryTransport>().toExtend<Transport>();
  });
});

describe("a transport of ours connects a client", () => {
  test("of the SDK's 1.x line", () => {
    expectTypeOf<Transport>().toExtend<SdkTransport>();
    expectTypeOf<Transport>().toExtend<Parameters<Client["connect"]>[0]>();
  });

  test("of the split SDK", () => {
    expectTypeOf<Transport>().toExtend<SplitTransport>();
    expectTypeOf<Transport>().toExtend<Parameters<SplitClient["connect"]>[0]>();
  });
});

test("what is no transport is none of ours", () => {
  expectTypeOf<{ start(): Promise<void>; close(): Promise<void> }>().not.toExtend<Transport>();
  expectTypeOf<JsonRpcMessage>().not.toExtend<Transport>();
});
