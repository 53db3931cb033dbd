import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bins, Sandbox, scripted } from "./support/omg.ts";
import { isRunning, processesWith, until } from "./support/processes.ts";

// Part of util-linux: gives a program a terminal that a test can close.
const script = "/usr/bin/script";

test.skipIf(!existsSync(script))(
  "when its terminal closes, the gateway ends, and does not reload",
  async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.write("catalog.yaml", { servers: [{ id: "s", runtime: scripted() }] });
    const words = [process.execPath, bins.omg, "serve", "--listen-addr", "localhost:0", "--catalog", catalog];
    const terminal = spawn(
      script,
      ["-qec", words.map((word) => `'${word}'`).join(" "), join(sandbox.folder, "typescript")],
      {
        env: sandbox.env,
        cwd: sandbox.folder,
      },
    );
    let said = "";
    terminal.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
    await until(() => said.includes("Hot reload enabled"), 15_000);
    const gateways = processesWith(catalog).filter((pid) => pid !== terminal.pid);
    expect(gateways.length).toBeGreaterThan(0);
    terminal.kill("SIGKILL");
    try {
      await until(() => !gateways.some(isRunning), 10_000);
    } finally {
      for (const pid of gateways.filter(isRunning)) process.kill(pid, "SIGKILL");
    }
  },
);
