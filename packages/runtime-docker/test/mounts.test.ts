import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mountsOf } from "../src/container/mounts.ts";
import type { EngineAddress } from "../src/engine/engine-address.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "omg-mounts-")));
const socketPath = join(folder, "engine", "own.sock");
const engine = { socketPath };
const socket = createServer();

beforeAll(async () => {
  for (const name of ["data", "engine", "home"]) mkdirSync(join(folder, name));
  symlinkSync(join(folder, "data"), join(folder, "link"));
  symlinkSync(join(folder, "engine"), join(folder, "harmless"));
  symlinkSync(socketPath, join(folder, "innocent.txt"));
  symlinkSync("loop", join(folder, "loop"));
  writeFileSync(join(folder, "file"), "");
  await new Promise<void>((resolve) => socket.listen(socketPath, resolve));
});
afterAll(async () => {
  await new Promise((resolve) => socket.close(resolve));
  rmSync(folder, { recursive: true });
});

describe("a path of this machine", () => {
  test.each([
    [`${folder}/data:/data`, "data", false],
    [`${folder}/data:/data:ro`, "data", true],
    ["./data:/data", "data", false],
    ["./engine/../data:/data", "data", false],
    ["~:/data", "home", false],
    ["~/../data:/data", "data", false],
    ["./link:/data", "data", false],
    ["./file:/data", "file", false],
  ])("%s", async (volume, source, ReadOnly) => {
    expect(await mounts([volume])).toEqual([
      { Type: "bind", Source: join(folder, source), Target: "/data", ReadOnly },
    ]);
  });

  test.each([
    ["./missing:/data", `${folder}/missing`, "does not exist"],
    ["./file/below:/data", `${folder}/file/below`, "can not be reached (ENOTDIR)"],
    ["./loop:/data", `${folder}/loop`, "can not be reached (ELOOP)"],
  ])("%s is refused", async (volume, path, why) => {
    await expect(mounts([volume])).rejects.toMatchObject({
      reason: "upstream_start_failed",
      detail: "volume",
      message: `Server 'tested' did not start: ${JSON.stringify(path)} ${why}. Correct "volumes".`,
    });
  });
});

describe("an engine's socket is kept from servers", () => {
  test.each([
    ["by its name", "./engine/own.sock:/x"],
    ["to be read only", "./engine/own.sock:/x:ro"],
    ["by a link", "./innocent.txt:/x"],
    ["by the folder that holds it", "./engine:/x"],
    ["by a link to that folder", "./harmless:/x"],
    ["by a folder further up", `${folder}:/x`],
    ["by the root", "/:/x"],
    ["by a way around", "./data/../engine:/x"],
    ["Docker's own, by its folder", "/run:/x"],
    ["Docker's own, by the other name of its folder", "/var/run:/x"],
  ])("%s", async (_how, volume) => {
    await expect(mounts([volume])).rejects.toThrow(
      /holds the engine's socket \(.*\): the server would rule this machine/,
    );
  });

  test("on another machine by the names that it usually has", async () => {
    const far = { host: "far", port: 2376 };
    for (const volume of [
      "/var/run/docker.sock:/x",
      "/run:/x",
      "/:/x",
      "/run/containerd:/x",
      "/var/run:/x",
      "/var:/x",
    ])
      await expect(mounts([volume], far), volume).rejects.toThrow("holds the engine's socket");
  });

  test("also that of an engine which the entry does not use, where its user has one", async () => {
    const home = join(folder, "user");
    mkdirSync(join(home, ".colima/default"), { recursive: true });
    writeFileSync(join(home, ".colima/default/docker.sock"), "");
    for (const volume of ["~:/x", "~/.colima:/x", "~/.colima/default/docker.sock:/x"])
      await expect(mounts([volume], engine, home), volume).rejects.toThrow("holds the engine's socket");
    await expect(mounts(["/run/crio:/x"], { host: "far", port: 2376 })).rejects.toThrow(
      "holds the engine's socket",
    );
  });

  test("a folder that is only called alike is none of it", async () => {
    mkdirSync(join(folder, "engine2"));
    expect(await mounts(["./engine2:/x"])).toHaveLength(1);
  });
});

test("another machine's paths are its engine's business", async () => {
  expect(await mounts(["/not/here:/data"], { host: "far", port: 2376 })).toEqual([
    { Type: "bind", Source: "/not/here", Target: "/data", ReadOnly: false },
  ]);
});

test("a name is that of a volume", async () => {
  expect(await mounts(["data:/data", "cache.1:/cache:ro"])).toEqual([
    { Type: "volume", Source: "data", Target: "/data", ReadOnly: false },
    { Type: "volume", Source: "cache.1", Target: "/cache", ReadOnly: true },
  ]);
});

function mounts(volumes: string[], of: EngineAddress = engine, home = join(folder, "home")) {
  return mountsOf({
    server: "tested",
    volumes,
    engine: of,
    hostEnv: { HOME: home },
    baseDirectory: folder,
  });
}
