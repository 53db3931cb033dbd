import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Engine } from "../src/engine/engine.ts";
import { EngineFailure } from "../src/engine/engine-failure.ts";
import { startFailure } from "../src/start-failures.ts";
import { scriptedEngine } from "./support/scripted-engine.ts";

const { signal } = new AbortController();

afterEach(() => void vi.unstubAllEnvs());

describe("what answers without being an engine", () => {
  const asks: [string, (engine: Engine) => Promise<unknown>][] = [
    ["create", (engine) => engine.create({}, signal)],
    ["list", (engine) => engine.list("io.omg.owner=x")],
    ["inspect", (engine) => engine.inspect("x")],
    ["inspect image", (engine) => engine.image("x", signal)],
    ["inspect network", (engine) => engine.networkDriver("x", signal)],
    ["wait", (engine) => engine.exitCode("x", signal)],
  ];
  test.each(asks)("is no answer to %s", async (verb, ask) => {
    for (const body of [["no", "answer"], {}, null, "text"]) {
      await using scripted = await scriptedEngine({ [verb]: { body } });
      const failure = await failureOf(ask(new Engine(scripted)));
      expect(failure).toBeInstanceOf(EngineFailure);
      expect(failure.isRefusal).toBe(false);
    }
  });

  test("says so in plain words", async () => {
    await using scripted = await scriptedEngine({ create: { body: {} } });
    const engine = new Engine(scripted);
    expect(startFailure("tested", engine, await failureOf(engine.create({}, signal)))).toMatchObject({
      reason: "runtime_unavailable",
      message: `Server 'tested' did not start: no engine answers at unix://${scripted.socketPath} (what answers there is none). Look whether it is well: docker info.`,
    });
  });

  test("may speak another language", async () => {
    await using other = await speaking((socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    const engine = new Engine({ socketPath: other.socketPath });
    const failures = [failureOf(engine.ping(signal)), failureOf(engine.attach("x", true, signal))];
    for (const failure of await Promise.all(failures))
      expect(failure.said).toBe("what answers there does not speak HTTP");
  });
});

describe("an engine that can not be asked", () => {
  test("one that is not there is said to be, and what to do", async () => {
    const engine = new Engine({ socketPath: "/nowhere/engine.sock" });
    expect(startFailure("tested", engine, await failureOf(engine.create({}, signal)))).toMatchObject({
      reason: "runtime_unavailable",
      message: `Server 'tested' did not start: no engine answers at unix:///nowhere/engine.sock (ENOENT). Start Docker or Podman; where it listens elsewhere, say so by "engine" in the entry or by DOCKER_HOST.`,
    });
  });

  test("a file that is no socket refuses", async () => {
    const file = join(tmpdir(), `omg-no-socket-${process.pid}`);
    writeFileSync(file, "");
    const engine = new Engine({ socketPath: file });
    expect((await failureOf(engine.ping(signal))).said).toBe("ECONNREFUSED");
    rmSync(file);
  });

  test("one that may not be used tells how to be allowed to", () => {
    const denied = EngineFailure.of(
      "create",
      Object.assign(new Error("connect EACCES /x"), { code: "EACCES" }),
    );
    const error = startFailure("tested", new Engine({ socketPath: "/x" }), denied);
    expect(error).toHaveProperty(
      "message",
      "Server 'tested' did not start: no engine answers at unix:///x (EACCES). The gateway's user may not use it: add the user to the group docker, or run a rootless engine.",
    );
  });
});

test("an image that names no user has none, also where an engine leaves that out", async () => {
  await using scripted = await scriptedEngine({ "inspect image": { body: { Id: "sha256:1", Config: {} } } });
  expect(await new Engine(scripted).image("x", signal)).toMatchObject({ user: "", volumes: [] });
});

test("the environment does not lead to another engine than the one that was chosen", async () => {
  await using scripted = await scriptedEngine({ list: { body: [] } });
  vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
  vi.stubEnv("DOCKER_CLIENT_TIMEOUT", "1");
  expect(await new Engine(scripted).list("x")).toEqual([]);
});

async function failureOf(asked: Promise<unknown>): Promise<EngineFailure> {
  return asked.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => error as EngineFailure,
  );
}

async function speaking(speak: (socket: Socket) => void) {
  const folder = mkdtempSync(join(tmpdir(), "omg-other-"));
  const socketPath = join(folder, "other.sock");
  const server = createServer((socket) => speak(socket.on("error", () => {}).resume()));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
