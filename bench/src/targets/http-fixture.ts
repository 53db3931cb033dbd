import { fileURLToPath } from "node:url";
import { type HttpTarget, launchHttpTarget } from "./http-target.ts";
import type { Launcher } from "./launcher.ts";

const file = fileURLToPath(new URL("../fixtures/http-server.mjs", import.meta.url));

export interface HttpFixtureOptions {
  /** Whether it answers with event streams. */
  readonly streams: boolean;
}

/** An MCP server over streamable HTTP: a target with nothing in front, or what stands behind other targets. */
export function launchHttpFixture(launcher: Launcher, { streams }: HttpFixtureOptions): Promise<HttpTarget> {
  const args = [file, ...(streams ? ["--stream"] : [])];
  return launchHttpTarget(launcher, { name: "direct", command: process.execPath, args });
}
