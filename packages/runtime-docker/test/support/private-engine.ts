import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DockerApi } from "./docker-api.ts";

const startMs = 60_000;
const pauseMs = 50;

/** Whether a test may run a Docker daemon of its own here. */
export const canRunEngines =
  process.getuid?.() === 0 &&
  ["dockerd", "containerd", "ip"].every((program) =>
    (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program))),
  );

/**
 * A Docker daemon that a test may stop, kill, or have hang, with an image of the one that all share. Its containerd is a process
 * of its own, as where systemd starts both.
 */
export class PrivateEngine implements AsyncDisposable {
  readonly api: DockerApi;
  readonly socketPath: string;
  readonly #folder: string;
  readonly #runtime: readonly string[];
  readonly #bridge = `omg${process.pid}`;
  readonly #containerd: ChildProcess;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string, runtime: readonly string[]) {
    this.#folder = folder;
    this.#runtime = runtime;
    this.socketPath = this.#at("docker.sock");
    this.api = new DockerApi(this.socketPath);
    // With an address of its own: else that changes with the containers, and their connections stall.
    run("ip", "link", "add", this.#bridge, "address", "02:42:0a:00:00:01", "type", "bridge");
    run("ip", "address", "add", `10.213.${process.pid % 256}.1/24`, "dev", this.#bridge);
    run("ip", "link", "set", this.#bridge, "up");
    this.#containerd = this.#runContainerd();
    process.once("exit", () => {
      this.#daemon?.kill();
      this.#containerd.kill();
    });
  }

  static async start(shared: DockerApi, image: string): Promise<PrivateEngine> {
    const folder = mkdtempSync(join(tmpdir(), "omg-engine-"));
    const engine = new PrivateEngine(folder, await runtimeOf(shared));
    try {
      await engine.start();
      const tar = await shared.open("GET", `/images/get?names=${encodeURIComponent(image)}`);
      await engine.api.ask("POST", "/images/load", tar);
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
    return engine;
  }

  /** Resolves once it answers. */
  async start({ liveRestore = false } = {}): Promise<void> {
    const args = [
      ...["--host", `unix://${this.socketPath}`, "--containerd", this.#at("containerd.sock")],
      ...["--data-root", this.#at("data"), "--exec-root", this.#at("exec"), "--pidfile", this.#at("pid")],
      // One without any would remove that of the shared engine.
      ...["--bridge", this.#bridge, "--iptables=false", "--ip6tables=false", "--log-level", "error"],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs", ...this.#runtime],
      ...(liveRestore ? ["--live-restore"] : []),
    ];
    // A daemon that was killed has left these.
    for (const name of ["docker.sock", "pid"]) rmSync(this.#at(name), { force: true });
    const daemon = spawn("dockerd", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#daemon = daemon;
    let words = "";
    daemon.stderr?.setEncoding("utf8").on("data", (text: string) => {
      words = (words + text).slice(-2_000);
    });
    const end = performance.now() + startMs;
    while (!(await this.#answers())) {
      if (daemon.exitCode !== null || performance.now() > end) throw new Error(`no daemon: ${words}`);
      await delay(pauseMs);
    }
  }

  /** Ends the daemon alone. Resolves when it is gone. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.goOn();
    if (this.#daemon) await endProcess(this.#daemon, signal);
  }

  /** Leaves it there, but without an answer to anything, until `goOn`. */
  async hang(): Promise<void> {
    const pid = this.#daemon?.pid;
    if (pid === undefined) return;
    process.kill(pid, "SIGSTOP");
    // Each thread stops for itself, and one that has not yet still passes a call on.
    while (!hasStopped(pid)) await delay(1);
  }

  goOn(): void {
    this.#daemon?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Unless it was told to leave them running, a daemon ends its containers.
    await this.end("SIGTERM");
    await this.start().catch(() => {});
    await this.end("SIGTERM");
    await endProcess(this.#containerd, "SIGTERM");
    unmountUnder(this.#folder);
    run("ip", "link", "delete", this.#bridge);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #runContainerd(): ChildProcess {
    const lines = [
      "version = 2",
      `root = ${JSON.stringify(this.#at("containerd-root"))}`,
      `state = ${JSON.stringify(this.#at("containerd"))}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      "[grpc]",
      `address = ${JSON.stringify(this.#at("containerd.sock"))}`,
    ];
    writeFileSync(this.#at("containerd.toml"), lines.join("\n"));
    return spawn("containerd", ["--config", this.#at("containerd.toml")], { stdio: "ignore" });
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  async #answers(): Promise<boolean> {
    try {
      await this.api.ask("GET", "/_ping");
      return true;
    } catch {
      return false;
    }
  }
}

/** By which runtime the shared engine runs containers: on some machines not just any can. */
async function runtimeOf(shared: DockerApi): Promise<string[]> {
  const { DefaultRuntime: name, Runtimes: runtimes } = (await shared.ask("GET", "/info")) as {
    readonly DefaultRuntime: string;
    readonly Runtimes: Readonly<Record<string, { readonly path: string }>>;
  };
  if (name === "runc") return [];
  return ["--add-runtime", `${name}=${runtimes[name]?.path}`, "--default-runtime", name];
}

/** A daemon that was killed leaves its mounts. */
function unmountUnder(folder: string): void {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) run("umount", point);
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** Whether all threads of a process stand still (the state in /proc/PID/task/TID/stat). */
function hasStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  });
}
