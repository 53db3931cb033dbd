import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Engine } from "./support/engine.ts";
import { type PullWorld, pullWorld } from "./support/pull-world.ts";
import { account, describeWithRegistry } from "./support/registry.ts";
import { publishList } from "./support/test-images.ts";

// Engines are slow where much else runs.
vi.setConfig({ testTimeout: 120_000 });

/** Why an image can not be prepared, in the words that its user reads. */
async function failureOf({ runtime, request }: PullWorld, name: string, entry: object = {}): Promise<string> {
  const failure = await runtime.prepare?.(await request(name, entry)).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    reason: "upstream_start_failed",
    detail: "image_pull_failed",
    server: "tested",
  });
  return (failure as Error).message;
}

/** A registry that wants a login, and the folder of a user who may have one; its files are told the registry's address. */
async function guarded(engine: Engine, filesFor: (address: string) => Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "omg-docker-config-"));
  const PATH = [folder, process.env.PATH].join(delimiter);
  const world = await pullWorld(engine, { wantsLogin: true, hostEnv: { DOCKER_CONFIG: folder, PATH } });
  for (const [name, content] of Object.entries(filesFor(world.proxy.address)))
    await writeFile(join(folder, name), content, { mode: 0o755 });
  const { id } = await world.publish({ name: "private:1" });
  return {
    world,
    id,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

describeWithRegistry("an image that can not be fetched", (engine) => {
  test("is not there: the name, the tag, or the digest is wrong", async () => {
    await using world = await pullWorld(engine);
    const { digest } = await world.publish({ name: "there:1" });
    const registry = world.proxy.address;
    const noName = await failureOf(world, "absent:1");
    expect(noName).toContain(`the image ${registry}/absent:1 could not be pulled: "`);
    expect(noName).toContain(`${registry} has no such image: correct the name or the tag.`);
    expect(await failureOf(world, "there:2")).toContain("correct the name or the tag.");
    const other = digest.replace(/.{8}$/, "00000000");
    expect(await failureOf(world, `there@${other}`)).toContain("correct the name or the digest.");
  });

  test("is there for other platforms only", async () => {
    await using world = await pullWorld(engine);
    const foreign = await world.publish({ name: "many:of-s390x", architecture: "s390x" });
    await publishList(world.registry, "many:1", [{ ...foreign, architecture: "s390x" }]);
    expect(await failureOf(world, "many:1")).toContain(`not for this platform. Correct "platform".`);
    // Where a name stands for one image alone, engines find out when they make the container.
    const single = await world.request("many:of-s390x", { platform: "linux/ppc64le" });
    await expect(world.runs(single)).rejects.toMatchObject({
      detail: "platform",
      message: expect.stringContaining(`Correct "platform".`),
    });
  });

  test("is refused for now, or fails, as the registry says", async () => {
    await using world = await pullWorld(engine);
    await world.publish({ name: "there:1" });
    const registry = world.proxy.address;
    const say = (status: number, code: string, message: string) => {
      const body = JSON.stringify({ errors: [{ code, message }] });
      world.proxy.fault = (path) =>
        path.includes("/manifests/") ? { instead: { status, body } } : undefined;
    };
    say(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.");
    const limited = await failureOf(world, "there:1");
    expect(limited).toContain(
      `${registry} allows no more pulls for now. Log in to it (docker login), or wait.`,
    );
    expect(limited).toContain("You have reached your pull rate limit.");
    say(403, "DENIED", "requested access to the resource is denied");
    expect(await failureOf(world, "there:1")).toContain(`It does not exist, or ${registry} wants a login`);
    say(500, "UNKNOWN", "the store is on fire");
    expect(await failureOf(world, "there:1")).toContain(`${registry} is not well: try again later.`);
  });

  test("comes from a registry that is down, or that there is none of", async () => {
    await using world = await pullWorld(engine);
    await world.proxy[Symbol.asyncDispose]();
    expect(await failureOf(world, "any:1")).toContain(`The engine can not reach ${world.proxy.address}.`);
    const nowhere = await failureOf(world, "", { image: "registry.invalid/any:1" });
    expect(nowhere).toContain(
      "The engine can not reach registry.invalid. Is the network up, and the name right?",
    );
  });
});

describeWithRegistry("a registry that wants a login", (engine) => {
  test("without one: says how to log in", async () => {
    await using place = await guarded(engine, () => ({}));
    const { world } = place;
    const { address } = world.proxy;
    const message = await failureOf(world, "private:1");
    expect(message).toContain(`It does not exist, or ${address} wants a login: docker login ${address}.`);
  });

  test("with a wrong one: says so, and not the password", async () => {
    const auth = base64(`${account.username}:wrong-password`);
    await using place = await guarded(engine, (address) => ({
      "config.json": JSON.stringify({ auths: { [address]: { auth } } }),
    }));
    const { world } = place;
    world.proxy.fault = (path) =>
      path.includes("/manifests/")
        ? {
            instead: {
              status: 401,
              body: `{"errors":[{"code":"UNAUTHORIZED","message":"no omg:wrong-password (${auth}) here, see http://omg:wrong-password@auth.test/t?sig=abc"}]}`,
            },
          }
        : undefined;
    const message = await failureOf(world, "private:1");
    expect(message).toContain("does not accept the login that docker has kept for it");
    expect(message).toContain('"unauthorized: no omg:[redacted] ([redacted]) here, see http://auth.test/t"');
    world.proxy.fault = () => undefined;
    expect(await failureOf(world, "private:1")).toContain("does not accept the login");
  });

  test("is given the one that docker login has put into its file", async () => {
    const auth = base64(`${account.username}:${account.password}`);
    await using place = await guarded(engine, (address) => ({
      "config.json": JSON.stringify({ auths: { [`https://${address}/v1/`]: { auth } } }),
    }));
    expect(await place.world.runs(await place.world.request("private:1"))).toBe(place.id);
  });

  test("is given the one that a credential helper knows", async () => {
    const answer = JSON.stringify({ Username: account.username, Secret: account.password });
    await using place = await guarded(engine, (address) => ({
      "config.json": JSON.stringify({ auths: { [address]: {} }, credHelpers: { [address]: "kept" } }),
      "docker-credential-kept": `#!/bin/sh\necho '${answer}'\n`,
    }));
    expect(await place.world.runs(await place.world.request("private:1"))).toBe(place.id);
  });

  test("with a helper that is not there: says which", async () => {
    await using place = await guarded(engine, () => ({
      "config.json": JSON.stringify({ credsStore: "absent" }),
    }));
    expect(await failureOf(place.world, "private:1")).toContain(
      "wants a login, which was not found out, since there is no docker-credential-absent in PATH.",
    );
  });
});
