import { Command, Option } from "commander";
import { logLevels } from "./logging/levels.ts";
import { runProgram } from "./run-program.ts";
import { version } from "./version.ts";

const exitCodeHelp = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 no gateway, 4 credential, 5 configuration refused,
6 server not ready, 7 tool error, 70 fault of ours, 128+n ended by signal n`;

/** The `omg` command. Each command's code is loaded only when it runs. */
export async function runOmg(args: readonly string[]): Promise<void> {
  const program = new Command("omg")
    .description("Open MCP Gateway: one entry point in front of many MCP servers")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", exitCodeHelp);

  configured(
    program.command("serve", { isDefault: true }).description("serve the catalog over HTTP (default)"),
  )
    .option("--listen-addr <host:port>", "address to listen on")
    .option("--validate", "check the configuration and exit")
    .action(async (options) => {
      const { serve } = await import("./commands/serve.ts");
      await serve(options);
    });

  configured(program.command("stdio").description("serve one client over stdin and stdout"))
    .option("-s, --server <id>", "one server, transparently; else all of them")
    .option("-g, --gateway <url>", "bridge to a running gateway instead of starting servers here")
    .action(async (options) => {
      const { stdio } = await import("./commands/stdio.ts");
      await stdio(options);
    });

  configured(program.command("validate").description("check configuration and catalog")).action(
    async (options) => {
      const { validate } = await import("./commands/validate.ts");
      await validate(options);
    },
  );

  configured(program.command("list").alias("ps").description("list the servers and what they are doing"))
    .option("--url <url>", "the running gateway")
    .option("--tag <tag>", "only servers with this tag")
    .option("--json", "print JSON")
    .action(async (options) => {
      const { list } = await import("./commands/list.ts");
      await list(options);
    });

  configured(program.command("call").description("call a tool: omg call SERVER.TOOL key=value key:=json"))
    .argument("<server.tool>", "the server's id and the tool's own name")
    .argument("[arguments...]", "key=value (as the tool's schema says) or key:=json")
    .option("--url <url>", "the running gateway; without one the server runs for this call only")
    .option("--json <object>", "all arguments as one JSON object")
    .option("--raw", "print the whole result as JSON")
    .action(async (tool, pairs, options) => {
      const { call } = await import("./commands/call.ts");
      await call(tool, pairs, options);
    });

  await runProgram(program, args);
}

function configured(command: Command): Command {
  return command
    .option("-c, --config <path>", "config.yaml to use")
    .option("--catalog <path>", "catalog.yaml to use")
    .addOption(new Option("--log-level <level>", "least level that is logged").choices(logLevels));
}
