import { serveHttp } from "@omg/transport-http";
import { httpOptions } from "../configuration/http-options.ts";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import { openHost, openLog } from "../host.ts";
import { logHttpEvents } from "../logging/log-http-events.ts";
import { connectionLimit } from "../machine/connection-limit.ts";
import { measurePressure } from "../machine/measure-pressure.ts";
import { CatalogReloader } from "../reload/catalog-reloader.ts";
import { untilStopped } from "../until-stopped.ts";
import { version } from "../version.ts";
import { banner } from "./banner.ts";
import { validate } from "./validate.ts";

export interface ServeFlags {
  readonly config?: string;
  readonly catalog?: string;
  readonly listenAddr?: string;
  readonly logLevel?: string;
  readonly validate?: boolean;
}

/** `omg serve`: the catalog over HTTP, until a signal comes. */
export async function serve(flags: ServeFlags): Promise<void> {
  if (flags.validate) return validate(flags);
  const configuration = await loadConfiguration(flags);
  const options = httpOptions(configuration, flags.listenAddr);
  const host = await openHost(configuration, openLog(flags.logLevel, configuration, "info"));
  const { gateway, log } = host;
  const reloader = new CatalogReloader(flags, configuration, host);
  const front = await serveHttp({
    gateway,
    ...options,
    version,
    limits: { connections: connectionLimit() },
    pressure: measurePressure(),
    reload: () => reloader.reload(),
    catalog: () => reloader.state,
    onEvent: logHttpEvents(log),
  }).catch(async (error) => {
    await host[Symbol.asyncDispose]();
    throw error;
  });
  const stopped = untilStopped(
    {
      hangUp: () => void reloader.reload().catch(() => {}),
      async drain() {
        void front.drain();
        await gateway.drain();
      },
      async stop() {
        await reloader[Symbol.asyncDispose]();
        await front[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    },
    log,
  );
  // Who reads this may send signals.
  process.stdout.write(banner(front.addresses, gateway.servers()));
  for (const { host: address, port } of front.addresses) log("info", "Listening", { address, port });
  if (configuration.file.hot_reload) await reloader.watch();
  await stopped;
}
