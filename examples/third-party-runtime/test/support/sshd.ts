import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { until } from "./until.ts";

/** An SSH server of a test's own on loopback, for whoever runs the test. */
export interface Sshd {
  readonly port: number;
  /** Its keys and settings, and room for those of tests. */
  readonly folder: string;
  /** The options of a server there, but for `command`. */
  readonly place: { readonly host: string; readonly port: number; readonly config_file: string };
  /** Writes settings for `ssh` that differ from those of `place`, and gives the options with them. */
  placeWith(name: string, settings: Readonly<Record<string, string>>): Sshd["place"];
}

/** A server that does not want to end takes seconds by itself. */
const timeout = 60_000;
const alias = "sshd-of-a-test";
const program = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  .map((folder) => join(folder, "sshd"))
  .find(isProgram);

/** A suite that needs an SSH server. Without one it is skipped and says why; with `SSHD_REQUIRED=1` it fails. */
export function describeWithSshd(name: string, suite: (sshd: Sshd) => void): void {
  const reason = "there is no sshd; install OpenSSH's server";
  if (program !== undefined) {
    describe(name, { timeout }, () => {
      const sshd = new OwnSshd();
      beforeAll(() => sshd.start(program));
      afterAll(() => sshd.stop());
      suite(sshd);
    });
  } else if (process.env.SSHD_REQUIRED === "1") {
    describe(name, () => {
      test("has the sshd that SSHD_REQUIRED asks for", () => {
        throw new Error(reason);
      });
    });
  } else {
    process.stderr.write(`skipped: ${name}: ${reason}\n`);
    describe.skip(`${name} (${reason})`, () => suite(new OwnSshd()));
  }
}

class OwnSshd implements Sshd {
  folder = "";
  port = 0;
  #process: ChildProcess | undefined;

  get place() {
    return { host: "127.0.0.1", port: this.port, config_file: join(this.folder, "ssh_config") };
  }

  placeWith(name: string, settings: Readonly<Record<string, string>>): Sshd["place"] {
    const config_file = join(this.folder, name);
    const all = {
      User: userInfo().username,
      IdentityFile: join(this.folder, "user_key"),
      IdentitiesOnly: "yes",
      IdentityAgent: "none",
      UserKnownHostsFile: join(this.folder, "known_hosts"),
      GlobalKnownHostsFile: "none",
      HostKeyAlias: alias,
      StrictHostKeyChecking: "yes",
      ...settings,
    };
    writeFileSync(config_file, linesOf(all));
    return { ...this.place, config_file };
  }

  async start(program: string): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), "omg-sshd-"));
    this.port = await freePort();
    const file = (name: string) => join(this.folder, name);
    for (const name of ["host_key", "user_key"]) makeKey(file(name));
    copyFileSync(file("user_key.pub"), file("authorized_keys"));
    writeFileSync(file("known_hosts"), knownHost(`${file("host_key")}.pub`));
    const settings = {
      ListenAddress: `127.0.0.1:${this.port}`,
      HostKey: file("host_key"),
      AuthorizedKeysFile: file("authorized_keys"),
      PidFile: "none",
      PasswordAuthentication: "no",
      UsePAM: "no",
      // The folder of the keys is one for temporary files.
      StrictModes: "no",
      MaxStartups: "100",
    };
    writeFileSync(file("sshd_config"), linesOf(settings));
    this.placeWith("ssh_config", {});
    // As root it needs this folder, which systems make when they start the service.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    const child = spawn(program, ["-D", "-e", "-f", file("sshd_config")], { stdio: "ignore" });
    this.#process = child;
    await until(() => child.exitCode !== null || isOpen(this.port), "sshd listens");
    if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}`);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Makes a key pair without a passphrase. */
export function makeKey(path: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
}

/** The line of a known_hosts file for the server of a test, whatever port it is reached by. */
export function knownHost(publicKey: string): string {
  const [type, key] = readFileSync(publicKey, "utf8").split(" ");
  return `${alias} ${type} ${key}\n`;
}

/** A port on loopback where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function linesOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
