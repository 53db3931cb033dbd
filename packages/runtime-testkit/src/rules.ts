import assert from "node:assert/strict";
import { OmgError } from "@omg/core/runtime";
import { type Bench, eventually, soon } from "./bench.ts";
import { scriptedServer } from "./scripted-server.ts";
import type { ContractRule, RuntimeSubject } from "./subject.ts";

/** One numbered rule of the contract, and the test that sees it. */
export interface Rule {
  readonly number: ContractRule;
  readonly says: string;
  check(bench: Bench, subject: RuntimeSubject): Promise<void>;
}

const STUBBORN = ["--ignore-eof", "--ignore-sigterm"];

/** Every rule, once, in the order of the README. */
export const rules: readonly Rule[] = [
  {
    number: "K1",
    says: "does no I/O when made",
    async check(bench, subject) {
      const others = [subject.createRuntime(), subject.createRuntime()];
      assert.deepEqual(await subject.leftovers(bench.owner), []);
      for (const runtime of others) await runtime[Symbol.asyncDispose]?.();
    },
  },
  {
    number: "K2",
    says: "names its spec version and itself",
    async check({ runtime }) {
      assert.equal(runtime.specVersion, "v1");
      assert.match(runtime.name, /^[a-z][a-z0-9-]*$/);
    },
  },
  {
    number: "K3",
    says: "refuses bad options and says which key is wrong",
    async check({ runtime }, subject) {
      const { options, key } = subject.badOptions();
      const { issues = [] } = await runtime.options["~standard"].validate(options);
      assert.ok(issues.length > 0, "the options were taken");
      for (const issue of issues) assert.notEqual(issue.message.trim(), "");
      assert.ok(issues.some((issue) => JSON.stringify([issue.path, issue.message]).includes(key)));
    },
  },
  {
    number: "K4",
    says: "starts an instance whose transport speaks",
    async check(bench) {
      const { instance, client } = await bench.connect();
      assert.notEqual(instance.id, "");
      assert.equal(await soon(client.call("echo", { text: "hä? ✓" }), "echo"), "hä? ✓");
      await client.request("ping");
      assert.deepEqual(client.errors, []);
    },
  },
  {
    number: "K5",
    says: "gives the server exactly the environment asked for",
    async check(bench, subject) {
      const secret = "OMG_KIT_SECRET_OF_THE_GATEWAY";
      process.env[secret] = "must not be seen";
      try {
        const env = { ...subject.env, KIT_PLAIN: "a b", KIT_ODD: " $HOME `x` \"'\\ =\n", KIT_EMPTY: "" };
        const { client } = await bench.connect([], { env });
        const seen = JSON.parse(await client.call("env")) as Record<string, string>;
        for (const name of subject.addsEnv ?? []) if (!Object.hasOwn(env, name)) delete seen[name];
        assert.deepEqual(seen, env);
      } finally {
        delete process.env[secret];
      }
    },
  },
  {
    number: "K6",
    says: "passes stderr to the log and never lets it disturb a call",
    async check(bench) {
      const { client } = await bench.connect();
      const flood = client.call("flood_stderr", { lines: 20_000 });
      assert.equal(await soon(client.call("echo", { text: "beside" }), "echo beside the flood"), "beside");
      assert.equal(await soon(flood, "the end of the flood"), "flooded");
      const heard = await eventually(() => bench.logged.some((line) => line.startsWith("flood ")), 2_000);
      assert.ok(heard, "nothing of stderr came to the log");
      assert.deepEqual(client.errors, []);
    },
  },
  {
    number: "K7",
    says: "rejects a start whose signal aborts, before or during, and leaves nothing",
    async check(bench, subject) {
      const options = await subject.server(scriptedServer("--slow-start", "500"));
      const before = await bench.request(options, { signal: AbortSignal.abort() });
      await assert.rejects(async () => bench.runtime.start(before), OmgError.is);
      await bench.assertNothingLeft();

      const controller = new AbortController();
      const during = bench.runtime.start(await bench.request(options, { signal: controller.signal }));
      controller.abort();
      await assert.rejects(soon(during, "the rejection"), OmgError.is);
      await bench.assertNothingLeft();
    },
  },
  {
    number: "K8",
    says: "rejects a start that can never work, and says why",
    async check(bench, subject) {
      const { options, message } = subject.brokenServer();
      const started = bench.runtime.start(await bench.request(options));
      await assert.rejects(soon(started, "the rejection"), (error) => {
        assert.ok(OmgError.is(error), "the error is no OmgError");
        assert.equal(error.reason, "upstream_start_failed");
        assert.equal(error.server, "scripted");
        assert.match(error.message, message);
        return true;
      });
    },
  },
  {
    number: "K9",
    says: "ignores the start's signal once the instance has started",
    async check(bench) {
      const controller = new AbortController();
      const { instance, client } = await bench.connect([], { signal: controller.signal });
      const call = client.call("sleep", { ms: 300 });
      controller.abort();
      assert.equal(await soon(call, "the answer"), "slept 300 ms");
      const running = Promise.race([instance.exited, Promise.resolve("running")]);
      assert.equal(await running, "running");
    },
  },
  {
    number: "K10",
    says: "settles exited and closes the transport when the server dies by itself",
    async check(bench, { noticeMs = 2_000 }) {
      const { instance, client } = await bench.connect();
      const call = assert.rejects(client.call("crash"));
      await soon(client.closed, "the end of the transport", noticeMs);
      await call;
      const exit = await soon(instance.exited, "exited", noticeMs + 3_000);
      assert.notEqual(exit.reason, "stopped");
      assert.notEqual(exit.detail, "");
      await bench.assertNothingLeft();
    },
  },
  {
    number: "K11",
    says: "stops gently, then by force",
    async check(bench, subject) {
      const polite = await bench.connect();
      await polite.instance[Symbol.asyncDispose]();
      assert.equal((await polite.instance.exited).reason, "stopped");
      const gentle = await eventually(
        () => bench.logged.some((line) => line.startsWith("stopping: ")),
        2_000,
      );
      assert.ok(gentle, "the server was not asked to stop");
      await bench.assertNothingLeft();

      const { instance } = await bench.connect(STUBBORN);
      await soon(instance[Symbol.asyncDispose](), "the stop by force", subject.stopMs ?? 6_500);
      assert.equal((await soon(instance.exited, "exited", 100)).reason, "stopped");
      assert.deepEqual(await subject.leftovers(bench.owner), []);
    },
  },
  {
    number: "K12",
    says: "can be disposed twice, at once, and after the server's exit",
    async check(bench) {
      const twice = await bench.start();
      await soon(Promise.all([twice[Symbol.asyncDispose](), twice[Symbol.asyncDispose]()]), "both stops");
      await soon(twice[Symbol.asyncDispose](), "the third stop", 1_000);

      const { instance, client } = await bench.connect();
      await assert.rejects(client.call("crash"));
      await soon(instance.exited, "exited");
      await soon(instance[Symbol.asyncDispose](), "the stop after the exit");
    },
  },
  {
    number: "K13",
    says: "runs two instances of one server side by side",
    async check(bench) {
      const [left, right] = await Promise.all([
        bench.connect(["--name", "left"]),
        bench.connect(["--name", "right"]),
      ]);
      assert.notEqual(left.instance.id, right.instance.id);
      const answers = [left.client.call("echo", { text: "l" }), right.client.call("echo", { text: "r" })];
      assert.deepEqual(await Promise.all(answers), ["l", "r"]);
      await left.instance[Symbol.asyncDispose]();
      assert.equal(await soon(right.client.call("echo", { text: "alone" }), "echo"), "alone");
    },
  },
  {
    number: "K14",
    says: "sweeps what an earlier owner left, and nothing else",
    async check(bench, subject) {
      const dead = await bench.connect(STUBBORN, { owner: `${bench.owner}-dead` });
      const { client } = await bench.connect();
      assert.notDeepEqual(await subject.leftovers(`${bench.owner}-dead`), []);
      const { options, signal, baseDirectory } = await bench.request(await subject.server(scriptedServer()));
      const sweep = { owner: `${bench.owner}-dead`, signal, options: [options], baseDirectory };
      await soon(Promise.resolve(bench.runtime.sweep?.(sweep)), "the sweep");
      await bench.assertNothingLeft(`${bench.owner}-dead`);
      await soon(dead.instance.exited, "the exit of what was swept");
      assert.equal(await client.call("echo", { text: "still here" }), "still here");
    },
  },
  {
    number: "K15",
    says: "carries a message of 5 MB",
    async check(bench) {
      const { client } = await bench.connect();
      const text = "ä".repeat(2_500_000);
      assert.ok((await soon(client.call("echo", { text }), "the large echo")) === text, "the text changed");
    },
  },
  {
    number: "K16",
    says: "carries 1 000 messages in order",
    async check(bench) {
      const { client } = await bench.connect();
      const order: number[] = [];
      const calls = Array.from({ length: 1000 }, async (_, index) => {
        assert.equal(await client.call("echo", { text: `${index}` }), `${index}`);
        order.push(index);
      });
      await soon(Promise.all(calls), "1 000 echoes");
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      );
    },
  },
  {
    number: "K17",
    says: "says that its place is away, which is no failure of the server's",
    async check(bench, { away, startMs }) {
      const started = bench.runtime.start(await bench.request(await away?.()));
      await assert.rejects(soon(started, "the rejection", startMs), (error) => {
        assert.ok(OmgError.is(error), "the error is no OmgError");
        assert.equal(error.reason, "runtime_unavailable");
        assert.equal(error.server, "scripted");
        assert.notEqual(error.message.trim(), "");
        return true;
      });
    },
  },
];
