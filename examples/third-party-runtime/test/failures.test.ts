import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { OmgError } from "@omg/core/runtime";
import { expect, test } from "vitest";
import sshRuntime from "../src/index.ts";
import { processesWith } from "./support/processes.ts";
import { describeWithSshd, freePort, knownHost, makeKey } from "./support/sshd.ts";
import { scripted, startRequest } from "./support/start-request.ts";
import { until } from "./support/until.ts";

/** The error of a start, which must leave nothing. */
async function failureOf(options: object, hostEnv = process.env): Promise<OmgError> {
  const request = startRequest(options);
  const error = await sshRuntime({ hostEnv })
    .start(request)
    .then(
      () => undefined,
      (cause: unknown) => cause,
    );
  if (!OmgError.is(error)) throw new Error(`no OmgError: ${error}`);
  expect(error.server).toBe("tested");
  await until(() => processesWith(request.owner).length === 0, "nothing is left");
  return error;
}

describeWithSshd("a start over SSH that fails", (sshd) => {
  test("because nobody listens says that the machine is away", async () => {
    const error = await failureOf({ ...scripted(sshd.place), port: await freePort() });
    expect([error.reason, error.detail]).toEqual(["runtime_unavailable", "host_away"]);
    expect(error.message).toMatch(/127\.0\.0\.1 can not be reached: .*Connection refused/);
  });

  test("because the machine says nothing ends at the time given", async () => {
    await using silent = await silentServer();
    const error = await failureOf({ ...scripted(sshd.place), port: silent.port, connect_timeout: 1 });
    expect([error.reason, error.detail]).toEqual(["runtime_unavailable", "host_away"]);
  });

  test("because the host key is not known says what to do first", async () => {
    const place = sshd.placeWith("unknown", { UserKnownHostsFile: join(sshd.folder, "absent") });
    const error = await failureOf(scripted(place));
    expect([error.reason, error.detail]).toEqual(["upstream_start_failed", "host_key_unknown"]);
    expect(error.message).toContain("Connect once by hand (ssh 127.0.0.1)");
  });

  test("because the host key is another one warns of it", async () => {
    const other = join(sshd.folder, "other_host_key");
    makeKey(other);
    const known = join(sshd.folder, "other_known_hosts");
    writeFileSync(known, knownHost(`${other}.pub`));
    const error = await failureOf(scripted(sshd.placeWith("changed", { UserKnownHostsFile: known })));
    expect([error.reason, error.detail]).toEqual(["upstream_start_failed", "host_key_changed"]);
    expect(error.message).toContain("Find out why");
  });

  test("because the key is refused says how to try it", async () => {
    const identity_file = join(sshd.folder, "stranger_key");
    makeKey(identity_file);
    const place = sshd.placeWith("stranger", { IdentityFile: identity_file });
    const error = await failureOf({ ...scripted(place), identity_file });
    expect([error.reason, error.detail]).toEqual(["upstream_start_failed", "permission_denied"]);
    expect(error.message).toContain("ssh -o BatchMode=yes 127.0.0.1 true");
  });

  test("because the settings for ssh are wrong quotes ssh", async () => {
    const error = await failureOf(scripted(sshd.placeWith("wrong", { NoSuchSetting: "yes" })));
    expect([error.reason, error.detail]).toEqual(["upstream_start_failed", "ssh_failed"]);
    expect(error.message).toMatch(/nosuchsetting/i);
  });

  test("because the program is missing there, or the folder, names it", async () => {
    const at = (change: object) => failureOf({ ...scripted(sshd.place), ...change });
    expect((await at({ command: "/no/such/program" })).message).toContain(
      '"/no/such/program" was not found there',
    );
    expect((await at({ command: "/tmp" })).message).toContain('"/tmp" was not found there');
    expect((await at({ cwd: "/no such folder" })).message).toContain('no folder "/no such folder" there');
  });

  test("because this machine has no ssh says so", async () => {
    const error = await failureOf(scripted(sshd.place), { PATH: "/nowhere" });
    expect([error.reason, error.detail]).toEqual(["upstream_start_failed", "ssh_missing"]);
  });

  test.each(["A-B", "a.b", "1A", ""])("because no shell knows a variable %j names it", async (name) => {
    const start = sshRuntime().start(startRequest(scripted(sshd.place), { env: { [name]: "x" } }));
    await expect(start).rejects.toMatchObject({ reason: "upstream_start_failed", detail: "bad_variable" });
  });

  test("because nobody waits for it any longer ends at once", async () => {
    await using silent = await silentServer();
    const controller = new AbortController();
    const request = startRequest(
      { ...scripted(sshd.place), port: silent.port },
      { signal: controller.signal },
    );
    const start = sshRuntime({ hostEnv: process.env }).start(request);
    await silent.visited;
    controller.abort();
    await expect(start).rejects.toMatchObject({ reason: "cancelled" });
    await until(() => processesWith(request.owner).length === 0, "nothing is left");
  });
});

/** Takes connections, and never says a word. */
async function silentServer() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => {})));
  const visited = once(server, "connection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    visited,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
