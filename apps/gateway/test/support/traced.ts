import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { RunningGateway, Sandbox, scripted } from "./omg.ts";

/** A gateway whose server `s` leaves a trace when it starts; both are gone when the test is. */
export async function traced(env: NodeJS.ProcessEnv = {}, more: readonly object[] = []) {
  const sandbox = new Sandbox();
  onTestFinished(() => sandbox[Symbol.dispose]());
  const trace = join(sandbox.folder, "started");
  const servers = [{ id: "s", runtime: scripted("--count-file", trace) }, ...more];
  const catalog = sandbox.write("catalog.yaml", { servers });
  const args = ["--catalog", catalog, "--log-level", "trace"];
  const gateway = await RunningGateway.start(sandbox, args, env);
  onTestFinished(async () => void (await gateway.stop()));
  return { gateway, sandbox, hasStarted: () => existsSync(trace) };
}

/** A server of HTTP on a free port of this machine, gone when the test is. */
export async function listener(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
