import { Argument, Command, Option } from "commander";
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

  configured(program.command("validate").description("check configuration and catalog"))
    .option("--listen-addr <host:port>", "address to check in place of the file's")
    .addOption(
      new Option("--format <format>", "how problems are written")
        .choices(["text", "json", "github"])
        .default("text"),
    )
    .action(async (options) => {
      const { validate } = await import("./commands/validate.ts");
      await validate(options);
    });

  program
    .command("init")
    .description("write a configuration to start from")
    .argument("[folder]", "where to", ".")
    .action(async (folder) => {
      const { init } = await import("./commands/init.ts");
      await init(folder);
    });

  configured(program.command("config").description("show which files are used, and what they come to"))
    .option("--listen-addr <host:port>", "address in place of the file's")
    .option("--resolved", "print the whole configuration with defaults and origins, secrets hidden")
    .action(async (options) => {
      const { config } = await import("./commands/config.ts");
      await config(options);
    });

  configured(program.command("schema").description("print the JSON Schema of a configuration file"))
    .addArgument(new Argument("[file]", "which file").choices(["config", "catalog"]).default("config"))
    .action(async (file, options) => {
      const { schema } = await import("./commands/schema.ts");
      await schema(file, options);
    });

  configured(program.command("list").alias("ps").description("list the servers and what they are doing"))
    .option("--url <url>", "the running gateway")
    .option("--tag <tag>", "only servers with this tag")
    .option("--json", "print JSON")
    .action(async (options) => {
      const { list } = await import("./commands/list.ts");
      await list(options);
    });

  reaching(program.command("status").description("say how the running gateway is doing"))
    .option("--json", "print JSON")
    .action(async (options) => {
      const { status } = await import("./commands/status.ts");
      await status(options);
    });

  reaching(program.command("reload").description("have the running gateway read its catalog now")).action(
    async (options) => {
      const { reload } = await import("./commands/reload.ts");
      await reload(options);
    },
  );

  reaching(program.command("diff").description("say what a catalog would change there"))
    .argument("<file>", "the catalog")
    .option("--json", "print JSON")
    .action(async (file, options) => {
      const { diff } = await import("./commands/diff.ts");
      await diff(file, options);
    });

  reaching(program.command("warm").description("start servers once, to remember their lists"))
    .argument("[id...]", "the servers; else all of the catalog")
    .action(async (ids, options) => {
      const { warm } = await import("./commands/warm.ts");
      await warm(ids, options);
    });

  reaching(program.command("pin").description("pin what tools of servers are, to notice changes"))
    .argument("[id...]", "the servers; else all but those with pins: off")
    .addOption(
      new Option("--diff", "say what differs from the pins, and change nothing").conflicts("approve"),
    )
    .option("--approve", "pin what differs as it is now")
    .option("--json", "print JSON")
    .action(async (ids, options) => {
      const { pin } = await import("./commands/pin.ts");
      await pin(ids, options);
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

  configured(program.command("login").description("log in to a remote server, with a browser"))
    .argument("<id>", "the server")
    .option("--json", "print JSON, one object a line")
    .action(async (id, options) => {
      const { login } = await import("./commands/login.ts");
      await login(id, options);
    });

  configured(program.command("logout").description("forget the login to a remote server"))
    .argument("<id>", "the server")
    .option("--json", "print JSON")
    .action(async (id, options) => {
      const { logout } = await import("./commands/login.ts");
      await logout(id, options);
    });

  await runProgram(program, args);
}

/** A command for the running gateway. */
function reaching(command: Command): Command {
  return configured(command).option("--url <url>", "the running gateway");
}

function configured(command: Command): Command {
  return command
    .option("-c, --config <path>", "config.yaml to use")
    .option("--catalog <path>", "catalog.yaml to use")
    .addOption(new Option("--log-level <level>", "least level that is logged").choices(logLevels));
}
