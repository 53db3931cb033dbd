import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { docker } from "../../../packages/runtime-docker/test/support/docker-command.ts";
import type { Engine } from "../../../packages/runtime-docker/test/support/engine.ts";
import { gatewayImage } from "./gateway-image.ts";
import { apiKey } from "./key-client.ts";

export interface ContainerOptions {
  /** Further flags of `docker run`. */
  readonly flags?: readonly string[];
  /** Arguments in place of the image's. */
  readonly args?: readonly string[];
}

const longestMs = 40_000;

/** The gateway in a container as the documentation has it started: read-only, its port published on loopback. */
export class GatewayContainer implements AsyncDisposable {
  readonly #engine: Engine;
  readonly name = `omg-test-${randomUUID().slice(0, 8)}`;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  static async start(engine: Engine, { flags = [], args = [] }: ContainerOptions): Promise<GatewayContainer> {
    const container = new GatewayContainer(engine);
    const common = ["--detach", "--read-only", "--publish", "127.0.0.1:0:4444"];
    const own = ["--name", container.name, "--env", `MCP_GATEWAY_API_KEY=${apiKey}`];
    await docker(engine, "run", ...common, ...own, ...flags, gatewayImage, ...args);
    return container;
  }

  /** Its address, once it listens. */
  async url(): Promise<string> {
    await this.line(["logs", "--follow", this.name], (line) => line.includes('"message":"Listening"'));
    return `http://${await docker(this.#engine, "port", this.name, "4444/tcp")}`;
  }

  /** What a shell in it prints. */
  shell(script: string): Promise<string> {
    return docker(this.#engine, "exec", this.name, "sh", "-c", script);
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    await docker(this.#engine, "kill", "--signal", name, this.name);
  }

  /** Resolves once its health is said to be so, or was before. */
  async health(state: "healthy" | "unhealthy"): Promise<void> {
    const filters = ["--filter", `container=${this.name}`, "--filter", "event=health_status"];
    await this.line(["events", "--since", "1h", ...filters], (line) =>
      line.includes(`health_status: ${state}`),
    );
  }

  /** Ends it as people do; gives its exit code and the milliseconds that took. */
  async stop(): Promise<{ readonly code: number; readonly ms: number }> {
    const start = performance.now();
    await docker(this.#engine, "stop", this.name);
    const ms = performance.now() - start;
    const code = await docker(this.#engine, "inspect", "--format", "{{.State.ExitCode}}", this.name);
    return { code: Number(code), ms };
  }

  /** Resolves with the first line that a docker command prints and that fits. */
  async line(args: readonly string[], fits: (line: string) => boolean): Promise<string> {
    const command = ["--host", `unix://${this.#engine.socketPath}`, ...args];
    const child = spawn("docker", command, { stdio: ["ignore", "pipe", "pipe"], timeout: longestMs });
    const ended = once(child, "close");
    const seen: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        seen.push(line);
        if (fits(line)) resolve(line);
      });
    }
    void ended.then(() => reject(new Error(`docker ${args.join(" ")} ended: ${seen.slice(-10).join("\n")}`)));
    try {
      return await promise;
    } finally {
      child.kill();
      await ended;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker(this.#engine, "rm", "--force", "--volumes", this.name);
  }
}
