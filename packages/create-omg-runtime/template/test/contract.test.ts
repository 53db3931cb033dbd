import { testRuntime } from "@omg/runtime-testkit";
import { describe, test } from "vitest";
import createRuntime from "../src/index.ts";
import { processesOf } from "../src/place.ts";

const isLinux = process.platform === "linux";

describe("the runtime keeps the contract", () => {
  testRuntime(
    {
      createRuntime: () => createRuntime(),
      server: ({ file, args }) => ({ command: process.execPath, args: [file, ...args] }),
      brokenServer: () => ({ options: { command: "no-such-command" }, message: /no-such-command/ }),
      badOptions: () => ({ options: { command: 7 }, key: "command" }),
      leftovers: async (owner) => (await processesOf(owner)).map((pid) => `process ${pid}`),
      addsEnv: ["OMG_OWNER"],
      skip: isLinux ? {} : { K14: "what was left can be found on Linux only" },
    },
    { test },
  );
});
