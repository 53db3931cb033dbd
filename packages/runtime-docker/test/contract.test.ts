import { type ContractRule, testRuntime } from "@omg/runtime-testkit";
import { test } from "vitest";
import dockerRuntime from "../src/index.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { containerOf, type Way, ways } from "./support/scripted-container.ts";

const unseen: Readonly<Record<Way, Partial<Record<ContractRule, string>>>> = {
  stdio: {},
  http: { K16: "every call has a connection of its own, and connections overtake each other" },
};

for (const way of ways) {
  describeWithEngine(`runtime-docker keeps the contract over ${way}`, ({ socketPath }) => {
    const api = new DockerApi(socketPath);
    testRuntime(
      {
        createRuntime: () => dockerRuntime({ hostEnv: { DOCKER_HOST: `unix://${socketPath}` } }),
        server: (script) => containerOf(way, script),
        brokenServer: () => ({
          options: { image: "omg-test/no-such-image:1", pull: "never" },
          message: /no image omg-test\/no-such-image:1/,
        }),
        away: () => ({ image: "omg-test/node:1", engine: { socket: "/no/such/docker.sock" } }),
        badOptions: () => ({ options: { image: 7 }, key: "image" }),
        leftovers: async (owner) => (await api.containers(owner)).map(({ name }) => `container ${name}`),
        addsEnv: ["HOME", "HOSTNAME", "PATH", "NODE_ENV"],
        startMs: 30_000,
        stopMs: 15_000,
        skip: unseen[way],
      },
      { test },
    );
  });
}
