import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { Gateway, Session, Transport } from "@omg/core";
import { expect, test } from "vitest";
import { serveStdio } from "../src/index.ts";

/** A gateway whose one session is busy until the test says otherwise. */
function busyGateway() {
  const idle = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const session = {
    idle: () => idle.promise,
    closed: closed.promise,
    close: async () => closed.resolve(),
  } as Session;
  const connect = async (transport: Transport) => {
    await transport.start();
    return session;
  };
  return { gateway: { connect } as unknown as Gateway, answered: idle.resolve };
}

test("after the end of its input a session ends when its calls are answered", async () => {
  const { gateway, answered } = busyGateway();
  const input = new PassThrough();
  const front = await serveStdio({ gateway, input, output: new PassThrough() });
  let ended = false;
  void front.ended.then(() => {
    ended = true;
  });
  input.end();
  await new Promise((resolve) => input.once("close", resolve));
  expect(ended).toBe(false);
  answered();
  await front.ended;
});

test("calls that take too long do not hold the end up", async () => {
  const { gateway } = busyGateway();
  const input = new PassThrough();
  const front = await serveStdio({ gateway, input, output: new PassThrough(), answerTimeMs: 20 });
  input.end();
  await front.ended;
});

test("a client of revision 2025-03-26 may send batches", async () => {
  const connect = async (given: Transport) => {
    given.onframe = ({ head }) => {
      if (head.id !== undefined)
        void given.send({ jsonrpc: "2.0", id: head.id, result: { protocolVersion: "2025-03-26" } });
    };
    await given.start();
    return { closed: new Promise(() => {}) } as Session;
  };
  const input = new PassThrough();
  const output = new PassThrough();
  await serveStdio({ gateway: { connect } as unknown as Gateway, input, output });
  input.write('{"jsonrpc":"2.0","id":0,"method":"initialize"}\n[{"jsonrpc":"2.0","id":1,"method":"ping"}]\n');
  await once(output, "readable");
  const lines = String(output.read()).split("\n").slice(0, -1);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ id: 0 }, [{ id: 1 }]]);
});

test("the output is left open: a shell that started the gateway writes there too", async () => {
  const transport = Promise.withResolvers<Transport>();
  const connect = async (given: Transport) => {
    await given.start();
    transport.resolve(given);
    return { closed: new Promise(() => {}) } as Session;
  };
  const output = new PassThrough();
  await serveStdio({ gateway: { connect } as unknown as Gateway, input: new PassThrough(), output });
  const served = await transport.promise;
  await served.send({ jsonrpc: "2.0", method: "last/words" });
  await served.close();
  expect(output.writableEnded).toBe(false);
  expect(String(output.read())).toContain("last/words");
});
