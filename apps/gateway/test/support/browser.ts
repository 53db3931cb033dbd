import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "vitest";
import type { Sandbox } from "./omg.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser of this machine, if it has one. */
const browserPath = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find(isProgram);

/**
 * A suite that needs a browser. Without one it is skipped and says why; where `OMG_REQUIRED_ENGINES` lists `browser`, it fails.
 */
export function describeWithBrowser(name: string, suite: () => void): void {
  const reason = "no Chromium in PATH; test/engines/browser-up.sh installs one";
  if (browserPath !== undefined) describe(name, suite);
  else if (process.env.OMG_REQUIRED_ENGINES?.split(",").includes("browser")) {
    describe(name, () => {
      test("has the browser that OMG_REQUIRED_ENGINES asks for", () => {
        throw new Error(reason);
      });
    });
  } else {
    process.stderr.write(`skipped: ${name}: ${reason}\n`);
    describe.skip(`${name} (${reason})`, suite);
  }
}

/** A browser without a window that has opened a page; every name of `hosts` is this machine. */
export function openPage(sandbox: Sandbox, url: string, hosts: readonly string[] = []): AsyncDisposable {
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(", ");
  const flags = [
    "--headless=new",
    // Root has no sandbox, and the pages are ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    `--user-data-dir=${join(sandbox.folder, "browser")}`,
    `--host-resolver-rules=${rules}`,
  ];
  const child = spawn(browserPath ?? "", [...flags, url], { detached: true, stdio: "ignore" });
  return { [Symbol.asyncDispose]: () => end(child) };
}

/** Ends a browser with all its processes. */
async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.kill(-pid, "SIGKILL");
  await ended;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
