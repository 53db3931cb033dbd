import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { connectRaw, type RawClient } from "@omg/runtime-testkit";
import { expect, test } from "vitest";
import sshRuntime from "../src/index.ts";
import { type Process, processes, processesWith, waitsIn } from "./support/processes.ts";
import { describeWithSshd, type Sshd } from "./support/sshd.ts";
import { scripted, startRequest } from "./support/start-request.ts";
import { until } from "./support/until.ts";
import { openWay } from "./support/way.ts";

const STUBBORN = ["--ignore-eof", "--ignore-sigterm"];
const LEAVER = [...STUBBORN, "--grandchild", "session"];

describeWithSshd("over SSH nothing is left", (sshd) => {
  test.concurrent.each([
    ["a polite server", []],
    ["one that ignores every request", STUBBORN],
    ["one whose child stayed in its group", ["--grandchild", "group"]],
    ["one whose child left its group", LEAVER],
  ])("when %s is stopped", async (_what, args) => {
    const { instance, owner, sessions } = await start(sshd.place, ...args);
    await instance[Symbol.asyncDispose]();
    expect(await instance.exited).toMatchObject({ reason: "stopped" });
    expect(processesWith(owner)).toEqual([]);
    await until(() => ofSessions(sessions).length === 0, "the helpers end");
  });

  test.concurrent("when a server is stopped that reads nothing, and whose pipe is full", async () => {
    const { instance, client, owner, sessions } = await start(sshd.place, ...STUBBORN);
    await fill(client, sessions);
    await instance[Symbol.asyncDispose]();
    expect(await instance.exited).toMatchObject({ reason: "stopped" });
    expect(processesWith(owner)).toEqual([]);
    await until(() => ofSessions(sessions).length === 0, "the helpers end");
  });

  test.concurrent("when a server ends by itself, and its code is told", async () => {
    const { instance, client, owner } = await start(sshd.place, "--grandchild", "session");
    await expect(client.call("crash", { code: 7 })).rejects.toThrow();
    expect(await instance.exited).toEqual({ reason: "exited", detail: "exit code 7" });
    await instance[Symbol.asyncDispose]();
    expect(processesWith(owner)).toEqual([]);
  });

  test.concurrent("when ssh is killed here", async () => {
    const { instance, owner } = await start(sshd.place, ...LEAVER);
    kill(processesWith(owner).filter(({ command }) => command.startsWith("ssh ")));
    expect(await instance.exited).toEqual({ reason: "lost", detail: "the connection was lost" });
    await instance[Symbol.asyncDispose]();
    expect(processesWith(`OMG_OWNER=${owner}`)).toEqual([]);
    await until(() => processesWith(owner).length === 0, "the helpers end");
  });

  test.concurrent.each([
    ["a server", false],
    ["a server that reads nothing, and whose pipe is full", true],
  ])(
    "when the connection to %s is cut, and the machine can not be reached from then on",
    async (_what, isFull) => {
      await using way = await openWay(sshd.port);
      const { instance, client, owner, sessions } = await start({ ...sshd.place, port: way.port }, ...LEAVER);
      if (isFull) await fill(client, sessions);
      await way[Symbol.asyncDispose]();
      expect(await instance.exited).toEqual({ reason: "lost", detail: "the connection was lost" });
      await instance[Symbol.asyncDispose]();
      await until(() => processesWith(owner).length === 0, "everything ends");
      await until(() => ofSessions(sessions).length === 0, "the helpers end");
    },
  );

  test.concurrent("when the gateway is killed", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const options = JSON.stringify(scripted(sshd.place, ...LEAVER));
    const script = join(import.meta.dirname, "support/gateway.ts");
    const gateway = spawn(process.execPath, [script, options, owner], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(gateway.stdout, "data");
    expect(processesWith(`OMG_OWNER=${owner}`)).toHaveLength(2);
    gateway.kill("SIGKILL");
    await once(gateway, "exit");
    await until(() => processesWith(owner).length === 0, "everything ends");
  });

  test.concurrent("of five servers, each of which answers for itself", async () => {
    const five = await Promise.all(
      ["a", "b", "c", "d", "e"].map((name) => start(sshd.place, "--name", name)),
    );
    const answers = five.map(({ client }, index) => client.call("echo", { text: `${index}` }));
    expect(await Promise.all(answers)).toEqual(["0", "1", "2", "3", "4"]);
    await Promise.all(five.map(({ instance }) => instance[Symbol.asyncDispose]()));
    expect(five.flatMap(({ owner }) => processesWith(owner))).toEqual([]);
  });

  /** A server that has shaken hands. */
  async function start(place: Sshd["place"], ...args: readonly string[]) {
    const request = startRequest(scripted(place, ...args));
    const instance = await sshRuntime({ hostEnv: process.env }).start(request);
    const client = await connectRaw(instance.transport);
    await client.initialize();
    const { owner } = request;
    return { instance, client, owner, sessions: processesWith(owner).map(({ session }) => session) };
  }
});

/** Has a server read nothing from now on, and sends it more than its pipe holds. */
async function fill(client: RawClient, sessions: readonly number[]): Promise<void> {
  await client.call("stop_reading");
  void client.request("echo", { text: "x".repeat(3_000_000) }).catch(() => {});
  const isFull = ({ pid, command }: Process) => command.startsWith("dd ") && waitsIn(pid).includes("write");
  await until(() => ofSessions(sessions).some(isFull), "the pipe is full");
}

function ofSessions(sessions: readonly number[]): Process[] {
  return processes().filter(({ session }) => sessions.includes(session));
}

function kill(found: readonly Process[]): void {
  for (const { pid } of found) process.kill(pid, "SIGKILL");
}
