import { expect, test } from "vitest";
import sshRuntime from "../src/index.ts";
import { remarksOn, sshOptions } from "../src/options.ts";

const right = { host: "build.example.com", command: "notes-mcp" };

test("the smallest entry names a machine and a program", () => {
  expect(sshOptions.parse(right)).toEqual({ ...right, args: [], cwd: "~", connect_timeout: 10 });
});

test.each<[what: object, key: string]>([
  [{ host: undefined }, "host"],
  [{ host: "-oProxyCommand=touch x" }, "host"],
  [{ host: "a b" }, "host"],
  [{ host: "a;id" }, "host"],
  [{ user: "-lroot" }, "user"],
  [{ port: 0 }, "port"],
  [{ command: "-c" }, "command"],
  [{ command: "a\0b" }, "command"],
  [{ args: [7] }, "args"],
  [{ connect_timeout: 0 }, "connect_timeout"],
])("an entry with %j is refused, and the key is named", (change, key) => {
  const { error } = sshOptions.safeParse({ ...right, ...change });
  expect(error?.issues.map(({ path }) => path[0])).toContain(key);
});

test("a mistyped key is refused", () => {
  expect(sshOptions.safeParse({ ...right, comand: "x" }).success).toBe(false);
});

test("root is remarked upon", () => {
  const remarks = (user?: string) => remarksOn(sshOptions.parse({ ...right, user }));
  expect(remarks("root")).toMatchObject([{ path: ["user"] }]);
  expect([remarks(), remarks("me")]).toEqual([[], []]);
});

test("a machine without ssh can not use it, and says so", async () => {
  const { signal } = new AbortController();
  expect(await sshRuntime({ hostEnv: process.env }).check?.({ signal })).toEqual({ ok: true });
  expect(await sshRuntime({ hostEnv: { PATH: "/nowhere" } }).check?.({ signal })).toEqual({
    ok: false,
    reason: expect.stringContaining("Install an OpenSSH client"),
  });
});
