import { expect, test, vi } from "vitest";
import { docker } from "./support/docker-command.ts";
import type { Engine } from "./support/engine.ts";
import { type PullWorld, pullWorld } from "./support/pull-world.ts";
import { describeWithRegistry } from "./support/registry.ts";
import type { ImageConfig } from "./support/test-images.ts";

// Engines are slow where much else runs.
vi.setConfig({ testTimeout: 120_000 });

interface Inspected {
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly Tmpfs: Readonly<Record<string, string>>;
    readonly Privileged: boolean;
    readonly CapAdd: readonly string[] | null;
    readonly NetworkMode: string;
  };
  readonly Mounts: readonly { readonly Type: string; readonly Destination: string }[];
}

/** What an entry's container is, on the engine. */
async function inspect(
  engine: Engine,
  world: PullWorld,
  config: ImageConfig,
  entry: object = {},
): Promise<Inspected> {
  const name = `content:${crypto.randomUUID()}`;
  await world.publish({ name, config });
  const request = await world.request(name, { command: undefined, ...entry });
  await world.runtime.prepare?.(request);
  await using instance = await world.runtime.start(request);
  const [container] = JSON.parse(await docker(engine, "inspect", instance.id)) as Inspected[];
  if (!container) throw new Error("there is no container");
  return container;
}

describeWithRegistry("an image", (engine) => {
  test.for([
    ["its own program", {}, ["sh", "-c", "cat"]],
    ["its own program, with arguments of the entry", { args: ["-c", "cat && :"] }, ["sh", "-c", "cat && :"]],
    ["a program of the entry alone", { command: "cat" }, ["cat"]],
    [
      "a program and arguments of the entry",
      { command: "tail", args: ["-f", "/dev/null"] },
      ["tail", "-f", "/dev/null"],
    ],
  ] as const)("runs %s", async ([, entry, expected]) => {
    await using world = await pullWorld(engine);
    const { Path, Args } = await inspect(engine, world, { Entrypoint: ["sh"], Cmd: ["-c", "cat"] }, entry);
    // The engine's init comes first, and is not shown.
    expect([Path, ...Args]).toEqual(expected);
  });

  test("runs as the user it names, as nobody if it names none, or as the entry says", async () => {
    await using world = await pullWorld(engine);
    const named = await inspect(engine, world, { User: "1000:1000" });
    expect(named.Config.User).toBe("1000:1000");
    const none = await inspect(engine, world, {});
    expect(none.Config.User).toBe("65534:65534");
    const chosen = await inspect(engine, world, { User: "1000" }, { user: "1001:1001" });
    expect(chosen.Config.User).toBe("1001:1001");
  });

  test("gets memory for the volumes that it declares, and no volume stays behind", async () => {
    await using world = await pullWorld(engine);
    // Engines take what is written otherwise for the same folder.
    const config = { Volumes: { "/data": {}, "/cache/": {}, "/other/../mine/": {}, "/shared/": {} } };
    const container = await inspect(engine, world, config, {
      tmpfs: ["/cache:size=1m"],
      volumes: [`${import.meta.dirname}:/shared:ro`],
    });
    const { Tmpfs } = container.HostConfig;
    expect(Object.keys(Tmpfs).sort()).toEqual(["/cache", "/data", "/mine", "/tmp"]);
    expect(Tmpfs["/data"]).toContain("size=64m");
    expect(Tmpfs["/data"]).toContain("noexec");
    expect(Tmpfs["/cache"]).toContain("size=1m");
    expect(container.Mounts).toMatchObject([{ Type: "bind", Destination: "/shared" }]);
  });

  test("adds nothing to its container by labels, whatever they say", async () => {
    await using world = await pullWorld(engine);
    const metadata = {
      command: ["sh"],
      env: [{ name: "INJECTED", value: "1" }],
      volumes: ["/:/host"],
      user: "root",
      allowHosts: ["*"],
    };
    const container = await inspect(engine, world, {
      Labels: {
        "io.docker.server.metadata": JSON.stringify(metadata),
        "io.modelcontextprotocol.server.name": "io.github.evil/server",
        "io.omg.owner": "somebody-else",
        "io.omg.instance": "another",
        "io.omg.server": "another",
        "io.podman.annotations.privileged": "TRUE",
      },
    });
    expect([container.Path, ...container.Args]).toEqual(["cat"]);
    expect(container.Config.Env.filter((entry) => !entry.startsWith("PATH=")).sort()).toEqual(["HOME=/tmp"]);
    expect(container.Config.User).toBe("65534:65534");
    expect(container.Mounts).toEqual([]);
    expect(container.HostConfig).toMatchObject({ Privileged: false, NetworkMode: "none" });
    expect(container.HostConfig.CapAdd ?? []).toEqual([]);
    expect(container.Config.Labels).toMatchObject({ "io.omg.server": "tested" });
    expect(container.Config.Labels["io.omg.owner"]).not.toBe("somebody-else");
    expect(container.Config.Labels["io.omg.instance"]).not.toBe("another");
  });
});
