import { Command, Option } from "commander";
import { logLevels } from "./logging/levels.ts";
import { runProgram } from "./run-program.ts";
import { version } from "./version.ts";

/** `gateway-http` with the original's flags: `omg serve` under another name. */
export async function runGatewayHttp(args: readonly string[]): Promise<void> {
  const program = named("gateway-http", "Serve the catalog over HTTP")
    .option("--config <path>", "config.yaml to use")
    .option("--listen-addr <host:port>", "address to listen on")
    .option("--catalog <path>", "catalog.yaml to use")
    .option("--validate", "check the configuration and exit")
    .action(async (options) => {
      const { serve } = await import("./commands/serve.ts");
      await serve(options);
    });
  await runProgram(program, args);
}

/** `gateway-stdio` with the original's flags: `omg stdio` for one server. */
export async function runGatewayStdio(args: readonly string[]): Promise<void> {
  const program = named("gateway-stdio", "Serve one server of the catalog over stdin and stdout")
    .requiredOption("-s, --server <id>", "the server's id")
    .option("-c, --catalog <path>", "catalog.yaml to use; the server runs here")
    .option("-g, --gateway <url>", "bridge to a running gateway instead")
    .action(async (options) => {
      const { stdio } = await import("./commands/stdio.ts");
      await stdio(options);
    });
  await runProgram(program, args);
}

function named(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .addOption(new Option("--log-level <level>", "least level that is logged").choices(logLevels));
}
