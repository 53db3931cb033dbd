import { PassThrough } from "node:stream";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { onTestFinished } from "vitest";

/** What a client does when it is asked. */
export interface Handlers {
  readonly sample: (text: string, signal: AbortSignal) => Promise<string>;
  readonly elicit: (text: string) => Promise<string>;
  readonly roots: () => Promise<string[]>;
}

export interface CallOptions {
  readonly argument?: string;
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { progress: number }) => void;
}

const info = { name: "test", version: "1" };
const capabilities = { sampling: {}, elicitation: {}, roots: {} };

/** Clients of both SDK lines behind the same few functions. */
export const sdkLines = {
  "SDK 1.x": ({ sample, elicit, roots }: Handlers) => {
    const client = new Client(info, { capabilities });
    client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { signal }) =>
      sampled(await sample(textOf(params), signal)),
    );
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) =>
      elicited(await elicit(params.message)),
    );
    client.setRequestHandler(ListRootsRequestSchema, async () => listed(await roots()));
    const call = (name: string, { argument, ...options }: CallOptions) =>
      client.callTool({ name, arguments: { argument } }, undefined, options);
    return { client, call };
  },
  "SDK 2.x": ({ sample, elicit, roots }: Handlers) => {
    const client = new ClientV2(info, { capabilities });
    client.setRequestHandler("sampling/createMessage", async ({ params }, { mcpReq }) =>
      sampled(await sample(textOf(params), mcpReq.signal)),
    );
    client.setRequestHandler("elicitation/create", async ({ params }) =>
      elicited(await elicit(params.message)),
    );
    client.setRequestHandler("roots/list", async () => listed(await roots()));
    const call = (name: string, { argument, ...options }: CallOptions) =>
      client.callTool({ name, arguments: { argument } }, options);
    return { client, call };
  },
};

export type Line = (typeof sdkLines)["SDK 1.x"] | (typeof sdkLines)["SDK 2.x"];

/** Connects a client to whatever serves two streams, and closes both at the end of the test. */
export async function connected(
  line: Line,
  serve: (input: PassThrough, output: PassThrough) => Promise<unknown>,
  handlers: Partial<Handlers> = {},
) {
  const unasked = () => Promise.reject(new Error("not expected"));
  const { client, call } = line({ sample: unasked, elicit: unasked, roots: unasked, ...handlers });
  const input = new PassThrough();
  const output = new PassThrough();
  const ended = serve(input, output);
  onTestFinished(async () => {
    await client.close();
    input.end();
    await ended;
  });
  const faults: Error[] = [];
  client.onerror = (error: Error) => faults.push(error);
  // The client's end of a pair of streams is what a server's end is.
  await client.connect(new StdioServerTransport(output, input));
  return {
    client,
    faults,
    async call(name: string, options: CallOptions = {}): Promise<string> {
      const { content } = await call(name, options);
      return (content as { text: string }[])[0]?.text ?? "";
    },
  };
}

function textOf({ messages: [message] }: { messages: { content: unknown }[] }): string {
  return (message as { content: { text: string } }).content.text;
}

function sampled(text: string) {
  return { model: "m", role: "assistant" as const, content: { type: "text" as const, text } };
}

function elicited(text: string) {
  return { action: "accept" as const, content: { text } };
}

function listed(names: string[]) {
  return { roots: names.map((name) => ({ uri: `file:///${name}` })) };
}
