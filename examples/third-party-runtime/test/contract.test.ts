import { testRuntime } from "@omg/runtime-testkit";
import { test } from "vitest";
import sshRuntime from "../src/index.ts";
import { processesWith } from "./support/processes.ts";
import { describeWithSshd } from "./support/sshd.ts";

describeWithSshd("the ssh runtime keeps the contract", (sshd) => {
  testRuntime(
    {
      createRuntime: () => sshRuntime({ hostEnv: process.env }),
      server: ({ file, args }) => ({ ...sshd.place, command: process.execPath, args: [file, ...args] }),
      brokenServer: () => ({
        options: { ...sshd.place, command: "no-such-command" },
        message: /"no-such-command" was not found there/,
      }),
      away: () => ({ ...sshd.place, port: 1, command: "true" }),
      badOptions: () => ({ options: { host: 7, command: "true" }, key: "host" }),
      leftovers: async (owner) => processesWith(owner).map(({ pid, command }) => `${pid} ${command}`),
      addsEnv: ["HOME", "LOGNAME", "PATH", "SHELL", "USER", "OMG_INSTANCE", "OMG_OWNER", "OMG_SERVER"],
      stopMs: 15_000,
    },
    { test },
  );
});
