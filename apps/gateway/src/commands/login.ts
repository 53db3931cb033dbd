import { constants } from "node:os";
import { login as coreLogin, logout as coreLogout, type LoginOptions, OmgError } from "@omg/core";
import { type ConfigurationFlags, loadConfiguration } from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { printableLines } from "../logging/logger.ts";
import { openStore } from "../state/open-store.ts";

export interface LoginFlags extends ConfigurationFlags {
  readonly json?: boolean;
}

const longestMs = 5 * 60_000;

/** `omg login`: says where to log in, waits for the browser to come back, and keeps the credentials for the gateway. */
export async function login(server: string, flags: LoginFlags): Promise<void> {
  const say = sayer(flags);
  await act(server, flags, async (options) => {
    await coreLogin(server, {
      ...options,
      visit: (url) => say({ server, url }, `To log in to ${server}, visit:\n\n  ${url}\n`),
    });
    say({ server, logged_in: true }, `Logged in to ${server}`);
  });
}

/** `omg logout`: forgets the credentials, and has them revoked where the server offers it. */
export async function logout(server: string, flags: LoginFlags): Promise<void> {
  const say = sayer(flags);
  await act(server, flags, async (options) => {
    let how: string | undefined;
    const progress = (message: string) => {
      how = message;
    };
    await coreLogout(server, { ...options, progress });
    const more = how === undefined ? "" : `: ${how}`;
    say({ server, logged_in: false, detail: how }, `Logged out of ${server}${more}`);
  });
}

async function act(
  server: string,
  flags: ConfigurationFlags,
  action: (options: LoginOptions) => Promise<void>,
): Promise<void> {
  const { gateway, runtimes } = await loadConfiguration(flags);
  const store = openStore();
  if (!store) {
    const message = "error: there is no place to keep credentials; set HOME or XDG_STATE_HOME";
    throw new CommandFailure(exitCodes.failed, message);
  }
  using end = endOfPatience(server);
  const { signal } = end;
  try {
    await action({ config: gateway, runtimes, store, hostEnv: process.env, signal, visit() {} });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** Aborts when nobody logs in, or by Ctrl-C and its like. */
function endOfPatience(server: string): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `Nobody logged in to ${server} within ${longestMs / 60_000} minutes; try again`;
    controller.abort(new OmgError("cancelled", { server, message }));
  }, longestMs);
  const onSignal = (name: NodeJS.Signals) => {
    controller.abort(new CommandFailure(128 + constants.signals[name], `Stopped by ${name}`));
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** Prints one line of JSON, or words. */
function sayer({ json }: LoginFlags): (value: object, words: string) => void {
  return (value, words) =>
    void process.stdout.write(json === true ? `${JSON.stringify(value)}\n` : printableLines(`${words}\n`));
}
