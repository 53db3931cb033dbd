import { expect, test } from "vitest";
import { createGateway } from "../src/gateway/create-gateway.ts";
import type { JsonRpcMessage } from "../src/runtime/index.ts";
import { type Death, MortalRuntime } from "./support/mortal-runtime.ts";
import { TestClient } from "./support/test-client.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

test.each(["legacy", "modern"] as const)(
  "a call runs once at most, and not if its error says so, whichever byte a %s server dies at",
  async (era) => {
    const mortal = new MortalRuntime();
    const clock = new VirtualClock();
    await using gateway = await createGateway({
      clock,
      runtimes: [mortal.runtime],
      config: {
        health_check_interval_seconds: 0,
        idle_timeout_seconds: 0,
        servers: [{ id: "a", era, runtime: { type: "mortal" } }],
      },
    });
    const client = await TestClient.connect(gateway, "a");
    let calls = 0;
    const call = async (death?: Death) => {
      // All values are equally long, so that each call has the same bytes.
      const value = `value-${String(++calls).padStart(5, "0")}`;
      mortal.death = death;
      let answer: JsonRpcMessage | undefined;
      void client.ask("tools/call", { name: "echo", arguments: { value } }).then((given) => (answer = given));
      while (!answer) await clock.advance(500);
      const runs = mortal.executed.filter((executed) => executed === value).length;
      const { data } = "error" in answer ? answer.error : {};
      return { runs, executed: data === undefined ? "yes" : (data as { executed: string }).executed };
    };
    /** A crash after a minute of health is made good at once. */
    const recovered = async () => {
      await clock.advance(61_000);
      expect(await call()).toMatchObject({ executed: "yes", runs: 1 });
      await clock.advance(61_000);
    };

    const { lengths } = mortal;
    for (const eager of [false, true]) {
      for (let bytes = 0; bytes <= lengths.call; bytes++) {
        await recovered();
        const { executed, runs } = await call({ afterReading: bytes, eager });
        const hasRun = bytes >= lengths.call - (eager ? 1 : 0);
        expect({ bytes, executed, runs }).toEqual({ bytes, executed: "unknown", runs: hasRun ? 1 : 0 });
      }
      expect(lengths.call).toBeGreaterThan(80);
    }
    for (let bytes = 0; bytes <= lengths.answer; bytes++) {
      await recovered();
      const { executed, runs } = await call({ afterWriting: bytes });
      // The last line needs no end.
      const isWhole = bytes >= lengths.answer - 1;
      expect({ bytes, executed, runs }).toEqual({ bytes, executed: isWhole ? "yes" : "unknown", runs: 1 });
    }
    expect(mortal.executed).toHaveLength(new Set(mortal.executed).size);
  },
);
