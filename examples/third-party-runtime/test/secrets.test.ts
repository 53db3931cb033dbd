import { connectRaw } from "@omg/runtime-testkit";
import { expect, test } from "vitest";
import sshRuntime from "../src/index.ts";
import { processes } from "./support/processes.ts";
import { describeWithSshd } from "./support/sshd.ts";
import { scripted, startRequest } from "./support/start-request.ts";

const env = {
  TOKEN: "hush-hush-hush",
  LINES: "hush-hush-hush\n second\n\n",
  ODD: "hush-hush-hush '\"`$HOME $(id) \\ ä ✓ \u0081 !",
  IFS: "hush",
  PS1: "$ ",
};

describeWithSshd("the values of variables", (sshd) => {
  test("arrive as they are, and stand in no command line on either side", async () => {
    const seen = new Set<string>();
    let isRunning = true;
    const watch = (async () => {
      while (isRunning) {
        for (const { command } of processes()) seen.add(command);
        await new Promise((turn) => setImmediate(turn));
      }
    })();
    await using instance = await sshRuntime({ hostEnv: process.env }).start(
      startRequest(scripted(sshd.place, "--name", "seen by all"), { env }),
    );
    const client = await connectRaw(instance.transport);
    await client.initialize();
    expect(JSON.parse(await client.call("env"))).toMatchObject(env);
    isRunning = false;
    await watch;
    // The watch has seen the other side, and this one.
    expect([...seen].filter((command) => command.includes("seen by all"))).not.toEqual([]);
    expect([...seen].filter((command) => command.includes("omg-runtime-ssh"))).not.toEqual([]);
    expect([...seen].filter((command) => command.includes("hush-hush-hush"))).toEqual([]);
  });
});
