import type { PassThrough } from "node:stream";
import { CreateMessageResultSchema, ElicitResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import { bridgeStdio } from "../src/index.ts";
import { connected, type Handlers, type Line, sdkLines } from "./support/sdk-clients.ts";
import { type Extra, sdkGateway, type Tool } from "./support/sdk-gateway.ts";

/** A client of one line, the bridge, and a server of SDK 1.x. */
async function bridged(line: Line, tools: Record<string, Tool>, handlers: Partial<Handlers> = {}) {
  const gateway = await sdkGateway(tools);
  const serve = (input: PassThrough, output: PassThrough) => bridgeStdio({ url: gateway.url, input, output });
  return { gateway, ...(await connected(line, serve, handlers)) };
}

async function sample(text: string, { sendRequest }: Extra, signal?: AbortSignal): Promise<string> {
  const messages = [{ role: "user" as const, content: { type: "text" as const, text } }];
  const params = { messages, maxTokens: 1 };
  const { content } = await sendRequest(
    { method: "sampling/createMessage", params },
    CreateMessageResultSchema,
    signal && { signal },
  );
  return (content as { text: string }).text;
}

async function elicit(message: string, { sendRequest }: Extra): Promise<unknown> {
  const requestedSchema = { type: "object" as const, properties: { text: { type: "string" as const } } };
  const params = { message, requestedSchema };
  const { content } = await sendRequest({ method: "elicitation/create", params }, ElicitResultSchema);
  return content?.text;
}

describe.each(Object.entries(sdkLines))("a client of %s behind the bridge", (_, line) => {
  test("is asked from many calls at once, and every answer finds its call", async () => {
    const count = 20;
    const waiting: (() => void)[] = [];
    const { call, faults } = await bridged(
      line,
      { ask: async (text, extra) => `${await sample(text, extra)} ${await elicit(text, extra)}` },
      {
        // Answers nobody before everybody has asked, and the last first.
        sample: async (text) => {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (waiting.length === count) for (const answer of waiting.reverse()) answer();
          });
          return `sampled ${text}`;
        },
        elicit: async (text) => `elicited ${text}`,
      },
    );
    const names = Array.from({ length: count }, (__, index) => `n${index}`);
    const answers = await Promise.all(names.map((argument) => call("ask", { argument })));
    expect(answers).toEqual(names.map((name) => `sampled ${name} elicited ${name}`));
    expect(faults).toEqual([]);
  });

  test("is asked outside of any call", async () => {
    const nobody = () => Promise.reject(new Error("nobody there"));
    const { gateway } = await bridged(line, {}, { roots: async () => ["home"], elicit: nobody });
    await gateway.listening;
    expect((await gateway.server.listRoots()).roots).toEqual([{ uri: "file:///home" }]);
    const question = { message: "?", requestedSchema: { type: "object" as const, properties: {} } };
    await expect(gateway.server.elicitInput(question)).rejects.toThrow("nobody there");
  });

  test("cancels a call, also one that asks, and can be told that a question is void", async () => {
    const entered = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const withdrawn = Promise.withResolvers<void>();
    const given = new AbortController();
    const { call, faults } = await bridged(
      line,
      {
        endless: async (__, { signal }) => {
          signal.addEventListener("abort", () => cancelled.resolve());
          entered.resolve();
          return await new Promise<string>(() => {});
        },
        regretful: async (text, extra) => {
          // SDK 1.x does not let its first question, whose id is 0, be cancelled.
          await elicit(text, extra);
          return sample(text, extra, given.signal).catch(() => "gave up");
        },
      },
      {
        elicit: async (text) => text,
        sample: async (text, signal) => {
          signal.addEventListener("abort", () => withdrawn.resolve());
          asked.resolve();
          await withdrawn.promise;
          return text;
        },
      },
    );
    const ending = new AbortController();
    const endless = call("endless", { signal: ending.signal });
    await entered.promise;
    ending.abort();
    await expect(endless).rejects.toThrow();
    await cancelled.promise;
    const regretful = call("regretful");
    await asked.promise;
    given.abort();
    await withdrawn.promise;
    expect(await regretful).toBe("gave up");
    expect(faults).toEqual([]);
  });

  test("hears of progress", async () => {
    const told = Promise.withResolvers<void>();
    const { call } = await bridged(line, {
      steps: async (__, { sendNotification, _meta }) => {
        const progressToken = _meta?.progressToken as number;
        for (const progress of [1, 2])
          await sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
        // Clients forget whom progress is for when the answer comes in the same breath.
        await told.promise;
        return "done";
      },
    });
    const heard: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => {
      if (heard.push(progress) === 2) told.resolve();
    };
    expect(await call("steps", { onprogress })).toBe("done");
    expect(heard).toEqual([1, 2]);
  });

  test("gets the answer to a call whose stream breaks off, once, and questions meanwhile", async () => {
    let runs = 0;
    const entered = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const { gateway, call, faults } = await bridged(
      line,
      {
        patient: async (text, extra) => {
          runs++;
          entered.resolve();
          await gone.promise;
          const first = await elicit(text, extra);
          await gateway.cut();
          return `${first} ${await sample(text, extra)}`;
        },
      },
      { elicit: async (text) => `elicited ${text}`, sample: async (text) => `sampled ${text}` },
    );
    const answer = call("patient", { argument: "x" });
    await entered.promise;
    await gateway.cut();
    gone.resolve();
    expect(await answer).toBe("elicited x sampled x");
    expect(runs).toBe(1);
    // An answer that came twice would be one to nobody.
    expect(faults).toEqual([]);
  });

  test("gets the answer to a call whose stream the server closes again and again", async () => {
    const { gateway, call, faults } = await bridged(line, {
      polled: async (__, { closeSSEStream, sendNotification }) => {
        for (let times = 0; times < 8; times++) {
          closeSSEStream?.();
          await gateway.asked(times + 1);
          await sendNotification({ method: "notifications/message", params: { level: "info", data: times } });
        }
        return "done";
      },
    });
    expect(await call("polled")).toBe("done");
    expect(faults).toEqual([]);
  });
});
