import { constants } from "node:os";
import { errorFrame, OmgError } from "@omg/core";
import { bridgeStdio, serveStdio } from "@omg/transport-stdio";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { openHost, openLog } from "../host.ts";
import { httpUrl } from "../http-url.ts";
import { CatalogReloader } from "../reload/catalog-reloader.ts";
import { untilStopped } from "../until-stopped.ts";

export interface StdioFlags {
  readonly config?: string;
  readonly catalog?: string;
  readonly server?: string;
  readonly gateway?: string;
  readonly logLevel?: string;
}

/** `omg stdio`: one client over stdin and stdout, until it closes them. Stdout carries MCP and nothing else. */
export async function stdio(flags: StdioFlags): Promise<void> {
  const orphaned = parentGone();
  if (flags.gateway !== undefined) return bridge(flags.gateway, flags.server, orphaned);
  const configuration = await loadConfiguration(flags);
  const { server } = flags;
  if (server !== undefined && !configuration.gateway.servers.some(({ id }) => id === server)) {
    throw notInCatalog(server);
  }
  const host = await openHost(configuration, openLog(flags.logLevel, configuration, "warn"));
  const reloader = new CatalogReloader(flags, configuration, host);
  const front = await serveStdio({
    gateway: host.gateway,
    input: process.stdin,
    output: process.stdout,
    server,
  });
  const stopped = untilStopped(
    {
      drain: () => host.gateway.drain(),
      async stop() {
        await reloader[Symbol.asyncDispose]();
        await front.close();
        await host[Symbol.asyncDispose]();
      },
    },
    host.log,
    // The session itself gives its calls time after the end of the input; without a parent nobody hears answers.
    Promise.race([front.ended, orphaned]),
  );
  if (configuration.file.hot_reload) await reloader.watch();
  await stopped;
}

async function bridge(gateway: string, server: string | undefined, orphaned: Promise<void>): Promise<void> {
  const base = httpUrl(gateway);
  const path = server === undefined ? "/mcp" : `/servers/${encodeURIComponent(server)}/mcp`;
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      process.exitCode = 128 + constants.signals[signal];
      end();
    });
  }
  void orphaned.then(end);
  await bridgeStdio({
    url: base + path,
    apiKey: process.env.MCP_GATEWAY_API_KEY || undefined,
    input: process.stdin,
    output: process.stdout,
    signal: ending.signal,
  });
  process.exit();
}

const parentCheckMs = 5000;

/** A client that died without closing the pipes leaves the gateway to another parent. */
function parentGone(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (process.ppid !== parent) resolve();
    }, parentCheckMs);
    timer.unref();
  });
}

/** The client learns it in its own language, the person on stderr. */
function notInCatalog(server: string): CommandFailure {
  const message = `Server '${server}' not found in catalog`;
  process.stdout.write(
    `${errorFrame(undefined, new OmgError("server_unknown", { server, message })).bytes}\n`,
  );
  return new CommandFailure(
    exitCodes.configurationRefused,
    `error[server_unknown]: ${message}; see: omg list`,
  );
}
