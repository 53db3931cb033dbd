import { serveHttp } from "@omg/transport-http";
import { httpOptions } from "../configuration/http-options.ts";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import { openHost, openLog } from "../host.ts";
import { stackOf } from "../logging/log-events.ts";
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
  const log = openLog(flags.logLevel, configuration, "info");
  const host = await openHost(configuration, log);
  const { gateway } = host;
  const front = await serveHttp({
    gateway,
    ...options,
    version,
    onEvent: (event) => {
      if (event.type === "http-error") log("error", "Internal error", { error: stackOf(event.error) });
      else log("debug", event.type, { session: event.session });
    },
  }).catch(async (error) => {
    await host[Symbol.asyncDispose]();
    throw error;
  });
  process.stdout.write(banner(front.addresses, gateway.servers()));
  for (const { host: address, port } of front.addresses) log("info", "Listening", { address, port });

  await untilStopped(
    {
      async drain() {
        void front.drain();
        await gateway.drain();
      },
      async stop() {
        await front[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    },
    log,
  );
}
