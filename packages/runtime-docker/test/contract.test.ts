import { request } from "node:http";
import { testRuntime } from "@omg/runtime-testkit";
import { describe, test } from "vitest";
import dockerRuntime from "../src/index.ts";

describe("runtime-docker keeps the contract over stdio", () => {
  testRuntime(
    {
      createRuntime: () => dockerRuntime(),
      server: ({ file, args }) => ({
        image: "omg-test/node:1",
        command: "node",
        args: ["/kit/scripted-server.mjs", ...args],
        volumes: [`${file}:/kit/scripted-server.mjs:ro`],
        stop_timeout: 2,
      }),
      brokenServer: () => ({
        options: { image: "omg-test/no-such-image:1", pull: "never" },
        message: /no image omg-test\/no-such-image:1/,
      }),
      badOptions: () => ({ options: { image: 7 }, key: "image" }),
      leftovers,
      addsEnv: ["HOME", "HOSTNAME", "PATH", "NODE_ENV"],
      startMs: 30_000,
      stopMs: 15_000,
    },
    { test },
  );
});

async function leftovers(owner: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`io.omg.owner=${owner}`] }));
  return new Promise((resolve, reject) => {
    request(
      { socketPath: "/var/run/docker.sock", path: `/containers/json?all=1&filters=${filters}` },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () =>
          resolve((JSON.parse(text) as { Names: string[] }[]).map(({ Names }) => `container ${Names}`)),
        );
      },
    )
      .on("error", reject)
      .end();
  });
}
