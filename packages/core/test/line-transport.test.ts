import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { type LineTransportOptions, lineTransport, OmgError } from "../src/runtime/index.ts";

/** A transport that was started, and what it reports. */
async function reading(options: Partial<LineTransportOptions> = {}) {
  const input = new PassThrough();
  const transport = lineTransport({ input, output: new PassThrough(), ...options });
  const events: string[] = [];
  const frames: string[] = [];
  transport.onframe = (frame) => frames.push(frame.bytes.toString());
  transport.onerror = (error) => events.push(OmgError.is(error) ? error.reason : error.message);
  transport.onclose = () => events.push("closed");
  await transport.start();
  /** Resolves once the transport has seen it. */
  const feed = (data: string | Buffer) =>
    new Promise<void>((resolve) => {
      input.write(data, () => setImmediate(resolve));
    });
  const end = () => {
    const closed = new Promise<void>((resolve) => input.once("close", resolve));
    input.end();
    return closed;
  };
  return { input, transport, events, frames, feed, end };
}

function message(text: string): string {
  return `{"jsonrpc":"2.0","method":"m","params":{"text":"${text}"}}`;
}

describe("what arrives", () => {
  test("may come in any pieces", async () => {
    const { frames, events, feed } = await reading();
    for (const byte of Buffer.from(`${message("é😀")}\n`)) await feed(Buffer.of(byte));
    await feed(`${message("two")}\r\n${message("three")}\n${message("fo")}`.slice(0, -2));
    expect(frames).toEqual([message("é😀"), message("two"), message("three")]);
    await feed("}}\n");
    expect(frames.at(-1)).toBe(message("fo"));
    expect(events).toEqual([]);
  });

  test("may lack the last line end", async () => {
    const { frames, events, feed, end } = await reading();
    await feed(message("last"));
    expect(frames).toEqual([]);
    await end();
    expect(frames).toEqual([message("last")]);
    expect(events).toEqual(["closed"]);
  });

  test("is dropped, if so asked, when it was cut off before its end", async () => {
    for (const last of [message("last").slice(0, -1), '{"jsonrpc":"2.0","id":7,"result":{"text":"abc']) {
      const { frames, events, feed, end } = await reading({ dropCutOff: true });
      await feed(`${message("whole")}\n${last}`);
      await end();
      expect(frames).toEqual([message("whole")]);
      expect(events).toEqual(["closed"]);
    }
    for (const mark of ["", "\ufeff"]) {
      const { frames, feed, end } = await reading({ dropCutOff: true });
      await feed(`${mark}${message("whole")}`);
      await end();
      expect(frames).toEqual([message("whole")]);
    }
  });

  test("waits, if so asked, when it lacks its end, for what its reader should know first", async () => {
    const known = Promise.withResolvers<void>();
    const onInputEnd = () => {};
    const { frames, feed, end } = await reading({ beforeLastLine: () => known.promise, onInputEnd });
    await feed(`${message("whole")}\n${message("last")}`);
    await end();
    expect(frames).toEqual([message("whole")]);
    known.resolve();
    await known.promise;
    expect(frames).toEqual([message("whole"), message("last")]);
  });

  test("is skipped and reported when it is no message", async () => {
    const { frames, events, feed } = await reading();
    await feed(
      `npm warn config\n\n\r\n[1]\n\ufeff\ufeff${message("bom")}\n{"jsonrpc":"2.0","id":1.0,"method":"m"}\n`,
    );
    await feed(Buffer.from([0x00, 0xff, 0xfe, 0x0a]));
    await feed(`${message("good")}\n`);
    expect(frames).toEqual([message("good")]);
    expect(events).toEqual([
      "parse_error",
      "invalid_request",
      "parse_error",
      "invalid_request",
      "parse_error",
    ]);
  });

  test("may begin with a byte order mark, the first line and any other", async () => {
    const { frames, events, feed } = await reading();
    await feed(`\ufeff${message("one")}\n\ufeff${message("two")}\n`);
    expect(frames).toEqual([message("one"), message("two")]);
    expect(events).toEqual([]);
  });

  test("may be an array of messages, of which the good ones are taken", async () => {
    const { frames, events, feed } = await reading();
    await feed(`[${message("one")}, {"jsonrpc":"1.0"} ,${message("two")}]\n${message("three")}\n`);
    expect(frames).toEqual([message("one"), message("two"), message("three")]);
    expect(events).toEqual(["invalid_request"]);
  });

  test("is refused when it is an array of nothing, or of too much", async () => {
    const { frames, events, feed } = await reading();
    await feed(`[]\n[${message("x")}\n[${Array(1001).fill(message("x"))}]\n`);
    expect(frames).toEqual([]);
    expect(events).toEqual(["invalid_request", "parse_error", "invalid_request"]);
  });

  test("goes to whoever takes batches when it is an array, as it is", async () => {
    const batches: string[] = [];
    const onBatch = (line: Buffer) => batches.push(line.toString());
    const { frames, events, feed, end } = await reading({ onBatch });
    await feed(`[]\n${message("single")}\n \t[${message("x")}]\r\n[not json\n["last"]`);
    await end();
    expect(batches).toEqual(["[]", ` \t[${message("x")}]`, "[not json", '["last"]']);
    expect(frames).toEqual([message("single")]);
    expect(events).toEqual(["closed"]);
  });

  test("is handed on as messages where nobody asked for frames", async () => {
    const { transport, feed } = await reading();
    const messages: unknown[] = [];
    transport.onframe = undefined;
    transport.onmessage = (received) => messages.push(received);
    await feed(`${message("x")}\n`);
    expect(messages).toEqual([{ jsonrpc: "2.0", method: "m", params: { text: "x" } }]);
  });
});

describe("a line that is too long", () => {
  const limit = { maxMessageBytes: message("x".repeat(20)).length };

  test("ends the transport, just over the limit and not just below", async () => {
    const { frames, events, feed } = await reading(limit);
    await feed(`${message("x".repeat(20))}\n`);
    expect(frames).toHaveLength(1);
    await feed(`${message("x".repeat(21))}\n${message("after")}\n`);
    expect(events).toEqual(["message_too_large", "closed"]);
    await feed(`${message("later")}\n`);
    expect(frames).toHaveLength(1);
    expect(events).toHaveLength(2);
  });

  test("ends the transport before it has ended itself", async () => {
    const { frames, events, feed, end } = await reading(limit);
    for (let count = 0; count < 10; count++) await feed("x".repeat(30));
    expect(events).toEqual(["message_too_large", "closed"]);
    await end();
    expect(frames).toEqual([]);
    expect(events).toHaveLength(2);
  });

  test("has its limit named", async () => {
    const { transport, feed } = await reading({ maxMessageBytes: 5 });
    const errors: Error[] = [];
    transport.onerror = (error) => errors.push(error);
    await feed("123456");
    expect(errors[0]).toMatchObject({
      reason: "message_too_large",
      executed: "unknown",
      message: "A message of more than 5 bytes arrived",
    });
  });
});

describe("the end", () => {
  test("of the input ends the transport", async () => {
    const { events, transport, end } = await reading();
    await end();
    expect(events).toEqual(["closed"]);
    await expect(transport.send({ jsonrpc: "2.0", method: "m" })).rejects.toMatchObject({
      reason: "upstream_closed",
      executed: "no",
    });
  });

  test("is told to the owner of the streams first, with whether it was asked for", async () => {
    const { events: byItself, end } = await reading({
      onEnd: (byRequest) => byItself.push(`end ${byRequest}`),
    });
    await end();
    expect(byItself).toEqual(["end false", "closed"]);
    const { events: asked, transport } = await reading({
      onEnd: (byRequest) => asked.push(`end ${byRequest}`),
    });
    await transport.close();
    expect(asked).toEqual(["end true", "closed"]);
  });

  test("of the input leaves the output open where somebody listens for it", async () => {
    const ends: string[] = [];
    const output = new PassThrough();
    const { transport, events, frames, feed, end } = await reading({
      output,
      onInputEnd: () => ends.push("end"),
    });
    await feed(message("asked"));
    await end();
    expect(ends).toEqual(["end"]);
    expect(frames).toEqual([message("asked")]);
    expect(events).toEqual([]);
    await transport.send({ jsonrpc: "2.0", id: 1, result: {} });
    await transport.close();
    expect(output.read()?.toString()).toBe('{"jsonrpc":"2.0","id":1,"result":{}}\n');
    expect(events).toEqual(["closed"]);
  });

  test("comes when the input breaks, with its error", async () => {
    const { input, events } = await reading();
    const closed = new Promise((resolve) => input.on("close", resolve));
    input.destroy(new Error("broken"));
    await closed;
    expect(events).toEqual(["broken", "closed"]);
  });

  test("comes when the input is gone without an end, whoever listens for that", async () => {
    const { input, events } = await reading({ onInputEnd: () => {} });
    const closed = new Promise((resolve) => input.on("close", resolve));
    input.destroy();
    await closed;
    expect(events).toEqual(["closed"]);
  });

  test("comes once when it is asked for, also twice", async () => {
    const { transport, events, frames, feed, end } = await reading();
    await transport.close();
    await transport.close();
    await feed(`${message("late")}\n`);
    await end();
    expect(frames).toEqual([]);
    expect(events).toEqual(["closed"]);
  });
});
