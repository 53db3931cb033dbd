import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OmgError, type StartRequest } from "@omg/core/runtime";
import { connectRaw, scriptedServer } from "@omg/runtime-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import localRuntime, { type LocalOptions } from "../src/index.ts";
import { spawnFailed } from "../src/spawn-errors.ts";
import { processesWith, startRequest } from "./helpers.ts";

const { file } = scriptedServer();
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "runtime-local-")));
  await mkdir(join(folder, "inner"));
  const launcher = `#!/bin/sh\nexec '${process.execPath}' '${file}' "$@"\n`;
  await writeFile(join(folder, "my-server"), launcher, { mode: 0o755 });
  await writeFile(join(folder, "inner", "my-server"), launcher, { mode: 0o755 });
  await writeFile(join(folder, "orphan-script"), "#!/no/such/interpreter\n", { mode: 0o755 });
  await writeFile(join(folder, "not-executable"), "#!/bin/sh\n");
  await chmod(join(folder, "not-executable"), 0o644);
});
afterAll(() => rm(folder, { recursive: true }));

describe("what the server gets", () => {
  test("exactly the environment of the request and the markers, without shell functions", async () => {
    const env = { PLAIN: "1", EMPTY: "", FUNCTION: "() { :;}; echo", "BASH_FUNC_f%%": "() { :; }" };
    const request = startRequest({ command: process.execPath, args: [file] }, { env });
    expect(JSON.parse(await ask(request, "env"))).toEqual({
      PLAIN: "1",
      EMPTY: "",
      OMG_INSTANCE: request.instanceId,
      OMG_OWNER: request.owner,
      OMG_SERVER: request.server,
    });
  });

  test("its arguments byte for byte, whatever a shell would make of them", async () => {
    const hostile = [
      "; touch pwned",
      "$(touch pwned)",
      "`id`",
      "a b",
      '"',
      "'",
      "line\nbreak",
      "*",
      "",
      "ä\t\\",
      "--x=y|z",
    ];
    const args = [file, "--", ...hostile];
    const request = startRequest({ command: process.execPath, args }, { baseDirectory: folder });
    expect(JSON.parse(await ask(request, "argv"))).toEqual(["--", ...hostile]);
  });

  test("the folder of the configuration to run in, or a folder relative to it", async () => {
    const here = startRequest({ command: process.execPath, args: [file] }, { baseDirectory: folder });
    expect(await ask(here, "cwd")).toBe(folder);
    const options = { command: process.execPath, args: [file], working_dir: "inner" };
    expect(await ask(startRequest(options, { baseDirectory: folder }), "cwd")).toBe(join(folder, "inner"));
  });
});

describe("the command", () => {
  test("is looked up in the PATH of the request", async () => {
    const request = startRequest({ command: "my-server", args: [] }, { env: { PATH: `/nowhere:${folder}` } });
    expect(await ask(request, "echo")).toBe("");
    const error = await refusal({ command: "my-server", args: [] }, { env: { PATH: "/nowhere" } });
    expect(error.detail).toBe("spawn_enoent");
  });

  test("is relative to the folder of the configuration if it is a path, wherever the server runs", async () => {
    const options = { command: "./my-server", args: [], working_dir: "inner" };
    expect(await ask(startRequest(options, { baseDirectory: folder }), "echo")).toBe("");
  });

  test("may start from the home folder of the request's environment", async () => {
    const options = { command: "~/my-server", args: [], working_dir: "~/inner" };
    const request = startRequest(options, { env: { HOME: folder }, baseDirectory: "/" });
    expect(await ask(request, "cwd")).toBe(join(folder, "inner"));
  });
});

describe("a start that fails says why and what to do", () => {
  const cases: [string, Partial<LocalOptions>, string, RegExp][] = [
    ["an unknown command", { command: "no-such-cmd" }, "spawn_enoent", /not found in PATH.*Install it/],
    [
      "a missing file",
      { command: "./no-such-cmd" },
      "spawn_enoent",
      /no file ".*no-such-cmd".*Correct "command"/,
    ],
    ["a missing interpreter", { command: "./orphan-script" }, "spawn_enoent", /interpreter/],
    ["a file that is not executable", { command: "./not-executable" }, "spawn_eacces", /chmod \+x/],
    ["a folder as the command", { command: "./inner" }, "spawn_eacces", /folder/],
    ["a missing working directory", { working_dir: "gone" }, "cwd_missing", /"working_dir"/],
    ["a file as the working directory", { working_dir: "my-server" }, "cwd_missing", /is no folder/],
    ["too long arguments", { args: ["x".repeat(4_000_000)] }, "e2big", /too long/],
    ["a path through a file", { command: "./my-server/x" }, "spawn_enotdir", /"command"/],
  ];
  for (const [what, options, detail, message] of cases) {
    test(`${what}: ${detail}`, async () => {
      const error = await refusal({ command: process.execPath, args: [file], ...options });
      expect(error).toMatchObject({ reason: "upstream_start_failed", server: "tested", detail });
      expect(error.message).toMatch(/^Server 'tested' did not start: /);
      expect(error.message).toMatch(message);
    });
  }

  test("a NUL byte in a variable: nul_byte", async () => {
    const error = await refusal({ command: process.execPath, args: [file] }, { env: { BAD: "a\0b" } });
    expect(error.detail).toBe("nul_byte");
  });

  test("no file descriptors left: fd_exhausted, which is the gateway's want", () => {
    for (const code of ["EMFILE", "ENFILE"]) {
      const error = spawnFailed("tested", "x", Object.assign(new Error("spawn"), { code }));
      expect(error).toMatchObject({ reason: "overloaded", detail: "fd_exhausted", retryAfterMs: 1_000 });
      expect(error.message).toContain(code);
    }
  });

  test("an abort is passed on as it is if it is an error of the gateway", async () => {
    const reason = new OmgError("upstream_timeout", { message: "too slow" });
    const signal = AbortSignal.abort(reason);
    expect(await refusal({ command: process.execPath, args: [file] }, { signal })).toBe(reason);
  });
});

describe("the options", () => {
  const issuesOf = async (options: unknown) => {
    const result = await localRuntime().options["~standard"].validate(options);
    return (result.issues ?? []).map((issue) => `${issue.path?.join(".")}: ${issue.message}`);
  };

  test("need a command and default the rest", async () => {
    const result = await localRuntime().options["~standard"].validate({ command: "npx" });
    expect(result).toEqual({ value: { command: "npx", args: [] } });
    expect(await issuesOf({})).toHaveLength(1);
    expect(await issuesOf({ command: "" })).toEqual(["command: must not be empty"]);
  });

  test("refuse unknown keys, wrong types and NUL bytes", async () => {
    expect(await issuesOf({ command: "x", shell: true })).toEqual([expect.stringContaining('"shell"')]);
    expect(await issuesOf({ command: "x", args: "y" })).toEqual([expect.stringContaining("args: ")]);
    expect(await issuesOf({ command: "x\0" })).toEqual(["command: must not contain a NUL byte"]);
    expect(await issuesOf({ command: "x", args: ["a", "\0"] })).toEqual([
      "args.1: must not contain a NUL byte",
    ]);
  });
});

async function ask(request: StartRequest<LocalOptions>, tool: string): Promise<string> {
  await using runtime = localRuntime();
  const instance = await runtime.start(request);
  const client = await connectRaw(instance.transport);
  await client.initialize();
  return client.call(tool);
}

async function refusal(
  options: LocalOptions,
  changes: Partial<StartRequest<LocalOptions>> = {},
): Promise<OmgError> {
  await using runtime = localRuntime();
  const request = startRequest(options, { baseDirectory: folder, ...changes });
  const error = await runtime.start(request).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!OmgError.is(error)) throw new Error("the start was not refused", { cause: error });
  expect(processesWith(`OMG_OWNER=${request.owner}`)).toEqual([]);
  return error;
}
