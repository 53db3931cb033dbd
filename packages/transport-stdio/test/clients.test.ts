import type { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { bridgeStdio, serveStdio } from "../src/index.ts";
import { coreGateway } from "./support/core-gateway.ts";
import { connected, type Handlers, type Line, sdkLines } from "./support/sdk-clients.ts";
import { sdkGateway } from "./support/sdk-gateway.ts";
import { elicit, sample, type Tool } from "./support/tool-server.ts";

const fronts = {
  /** A gateway of core over stdio, with one server of SDK 1.x. */
  async serveStdio(line: Line, tools: Record<string, Tool>, handlers: Partial<Handlers> = {}) {
    const { gateway, server } = await coreGateway(tools);
    const serve = async (input: PassThrough, output: PassThrough) => {
      const front = await serveStdio({ gateway, input, output, server: "tools" });
      await front.ended;
    };
    return { server, listening: Promise.resolve(), ...(await connected(line, serve, handlers)) };
  },
  /** The bridge to a server of SDK 1.x over HTTP. */
  async bridgeStdio(line: Line, tools: Record<string, Tool>, handlers: Partial<Handlers> = {}) {
    const { url, server, listening } = await sdkGateway(tools);
    const serve = (input: PassThrough, output: PassThrough) => bridgeStdio({ url, input, output });
    return { server, listening, ...(await connected(line, serve, handlers)) };
  },
};

const clients = Object.entries(fronts).flatMap(([frontName, front]) =>
  Object.entries(sdkLines).map(([lineName, line]) => [frontName, lineName, front, line] as const),
);

describe.each(clients)("a client of %s of %s", (_front, _line, front, line) => {
  test("is asked from many calls at once, and every answer finds its call", async () => {
    const count = 20;
    const waiting: (() => void)[] = [];
    const { call, faults } = await front(
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
    const { server, listening, call } = await front(
      line,
      { ready: async () => "" },
      { roots: async () => ["home"], elicit: nobody },
    );
    await call("ready");
    await listening;
    expect((await server.listRoots()).roots).toEqual([{ uri: "file:///home" }]);
    const question = { message: "?", requestedSchema: { type: "object" as const, properties: {} } };
    await expect(server.elicitInput(question)).rejects.toThrow("nobody there");
  });

  test("cancels a call, also one that asks, and can be told that a question is void", async () => {
    const entered = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const withdrawn = Promise.withResolvers<void>();
    const given = new AbortController();
    const { call, faults } = await front(
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
    const { call } = await front(line, {
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
});
