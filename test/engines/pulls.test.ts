import { expect, test } from "vitest";
import { Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { type PullWorld, pullWorld } from "../../packages/runtime-docker/test/support/pull-world.ts";
import { describeWithRegistry } from "../../packages/runtime-docker/test/support/registry.ts";
import { slowBlobs } from "../../packages/runtime-docker/test/support/registry-proxy.ts";
import { textOf } from "../support/answers.ts";
import type { Front } from "../support/fronts/front.ts";
import { httpFront } from "../support/fronts/http-front.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { shellServer } from "../support/shell-server.ts";

const megabyte = 1024 ** 2;

describeWithRegistry("an image that a gateway fetches", ({ socketPath }) => {
  test("is told of in percent to every client that waits, and a tag that has moved in the log", async () => {
    using sandbox = new Sandbox();
    await using world = await pullWorld({ socketPath });
    const first = await world.publish({ name: "served:1", layers: [12 * megabyte] });
    const slow = slowBlobs(10 * megabyte);
    world.proxy.fault = slow.fault;
    const config = catalogOf(world, sandbox, socketPath);
    const name = world.reference("served:1");

    await serving(sandbox, config, async (gateway, connect) => {
      const fronts = [await connect(), await connect()];
      const answers = fronts.map(call);
      await gateway.logged(({ message }) => /: [7-9]\d %$/.test(String(message)));
      slow.open();
      expect((await Promise.all(answers)).map(textOf)).toEqual(["hi", "hi"]);
      for (const { heard } of fronts) {
        const told = heard.map(({ params }) => String(params?.message));
        expect(told).toContainEqual(expect.stringMatching(/^pulling .*\/served:1: [1-9]\d? %/));
      }
      await gateway.logged(({ message }) => message === `image ${name} is ${first.digest}`);
    });

    const second = await world.publish({ name: "served:1" });
    await serving(sandbox, config, async (gateway, connect) => {
      expect(textOf(await call(await connect()))).toBe("hi");
      const moved = `image ${name} was ${first.digest} and is now ${second.digest}`;
      await gateway.logged(({ message }) => message === moved);
    });
  }, 180_000);
});

/** A gateway, and clients of it as they are asked for; both end when `use` does. */
async function serving(
  sandbox: Sandbox,
  config: string,
  use: (gateway: GatewayProcess, connect: () => Promise<Front>) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const gateway = new GatewayProcess(sandbox, "serve", config);
  stack.defer(async () => void (await gateway.stop()));
  const url = await gateway.url();
  await use(gateway, async () => stack.use(await httpFront(`${url}/mcp`)));
}

/** One server in a container, whose image is fetched at each start of a gateway. */
function catalogOf(world: PullWorld, sandbox: Sandbox, socket: string): string {
  const { command, args } = shellServer("served").runtime;
  const [script] = args;
  const runtime = {
    type: "docker",
    image: world.reference("served:1"),
    pull: "always",
    command,
    args: ["/server.sh"],
    volumes: [`${script}:/server.sh:ro`],
    network: "none",
    engine: { socket },
  };
  return sandbox.write("config.yaml", { servers: [{ id: "served", era: "legacy", runtime }] });
}

function call(front: Front) {
  const params = { name: "served__echo", arguments: { text: "hi" }, _meta: { progressToken: "waiting" } };
  return front.request("tools/call", params);
}
