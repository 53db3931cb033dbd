import type { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { bridgeStdio } from "../src/index.ts";
import { connected, type Handlers, type Line, sdkLines } from "./support/sdk-clients.ts";
import { sdkGateway } from "./support/sdk-gateway.ts";
import { elicit, sample, type Tool } from "./support/tool-server.ts";

/** A client of one line, the bridge, and a server of SDK 1.x. */
async function bridged(line: Line, tools: Record<string, Tool>, handlers: Partial<Handlers> = {}) {
  const gateway = await sdkGateway(tools);
  const serve = (input: PassThrough, output: PassThrough) => bridgeStdio({ url: gateway.url, input, output });
  return { gateway, ...(await connected(line, serve, handlers)) };
}

describe.each(Object.entries(sdkLines))("a client of %s behind the bridge", (_, line) => {
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
