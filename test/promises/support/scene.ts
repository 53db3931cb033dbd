import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RunningGateway, Sandbox, scripted } from "../../../apps/gateway/test/support/omg.ts";
import { processesWith } from "../../../apps/gateway/test/support/processes.ts";
import type { Front } from "../../support/fronts/front.ts";
import { httpFront } from "../../support/fronts/http-front.ts";
import { modernFront } from "../../support/fronts/modern-front.ts";
import { type Holdings, Probe } from "../../support/probe/probe.ts";

export interface Entry {
  readonly id: string;
  readonly env?: object;
  readonly [key: string]: unknown;
}

export const eras = ["legacy", "modern"] as const;
export type Era = (typeof eras)[number];

/** The catalog's entry of a scripted server. */
export function scriptedServer(id: string, args: readonly string[] = [], more: object = {}): Entry {
  return { id, runtime: scripted(...args), ...more };
}

const started = new Set<Scene>();

/** Ends what rows have started that are not done. */
export async function endAllScenes(): Promise<void> {
  await Promise.all([...started].map((scene) => scene.giveUp()));
}

export interface SceneOptions {
  /** At the top level of the configuration. */
  readonly config?: object;
  /** Whether the gateway tells what it holds. */
  readonly isProbed?: boolean;
}

/** A place for one row: a folder, a real gateway on a catalog in it, and clients. */
export class Scene {
  readonly sandbox: Sandbox;
  readonly #options: SceneOptions;
  #gateway: RunningGateway | undefined;

  constructor(sandbox: Sandbox, options: SceneOptions = {}) {
    this.sandbox = sandbox;
    this.#options = options;
  }

  get #probe(): Probe {
    return new Probe(this.sandbox.folder);
  }

  get gateway(): RunningGateway {
    assert.ok(this.#gateway, "no gateway was started");
    return this.#gateway;
  }

  get pid(): number {
    return this.gateway.process.pid as number;
  }

  path(name: string): string {
    return join(this.sandbox.folder, name);
  }

  /** Lines of a file, which may not be there yet. */
  lines(name: string): string[] {
    const path = this.path(name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  }

  /** Writes the catalog; all processes of its servers can be found by the folder's name in their environment. */
  catalog(entries: readonly Entry[]): void {
    const servers = entries.map((entry) => ({ ...entry, env: { ...entry.env, SCENE: this.sandbox.folder } }));
    this.sandbox.write("catalog.yaml", JSON.stringify({ servers }));
  }

  /** Starts a gateway, or the next one. */
  async start(): Promise<RunningGateway> {
    const { config, isProbed } = this.#options;
    const defaults = { catalog_path: "catalog.yaml", hot_reload: false };
    const path = this.sandbox.write("config.yaml", { ...defaults, ...config });
    const env = isProbed ? this.#probe.env : {};
    started.add(this);
    this.#gateway = await RunningGateway.start(this.sandbox, ["--config", path], env);
    return this.#gateway;
  }

  /** What a gateway that is probed holds now, garbage collected. */
  holdings(): Promise<Holdings> {
    return this.#probe.look(this.pid);
  }

  /** A client of the aggregate, or of one server. */
  async client(era: Era, server?: string): Promise<Front> {
    const path = server === undefined ? "/mcp" : `/servers/${server}/mcp`;
    const url = this.gateway.url + path;
    return era === "legacy" ? httpFront(url) : modernFront(url);
  }

  async reload(): Promise<Response> {
    const response = await fetch(`${this.gateway.url}/admin/reload`, { method: "POST" });
    await response.arrayBuffer();
    return response;
  }

  /** Processes of the servers of this scene. */
  get processes(): number[] {
    return processesWith(`SCENE=${this.sandbox.folder}`);
  }

  /** Ends it all without a look at anything: what its servers are, their janitor ends. */
  async giveUp(): Promise<void> {
    await this.#gateway?.stop("SIGKILL");
    started.delete(this);
  }

  /** Ends what still runs; then all must have gone well with the gateway, and nothing be left. */
  async close(): Promise<void> {
    if (this.#gateway && this.#gateway.process.signalCode === null) await this.#gateway.stop();
    const faults = this.#gateway?.log.filter(({ message }) => String(message).startsWith("Internal error"));
    assert.deepEqual(faults ?? [], []);
    assert.deepEqual(this.processes, [], "processes were left behind");
  }
}

/** Plays on a gateway with this catalog. What goes wrong first is what is thrown. */
export async function onGateway(
  entries: readonly Entry[] | ((scene: Scene) => readonly Entry[]),
  play: (scene: Scene) => Promise<string>,
  options: SceneOptions = {},
): Promise<string> {
  using sandbox = new Sandbox();
  const scene = new Scene(sandbox, options);
  scene.catalog(typeof entries === "function" ? entries(scene) : entries);
  try {
    await scene.start();
    const seen = await play(scene);
    await scene.close();
    return seen;
  } finally {
    await scene.giveUp();
  }
}
