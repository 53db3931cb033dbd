import { PassThrough, Writable } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  frameOf,
  type LineTransportOptions,
  lineTransport,
  OmgError,
  parseFrame,
} from "../src/runtime/index.ts";

/** An output whose reader takes what is there when told to, and notes how it came. */
class SlowOutput extends Writable {
  readonly batches: string[] = [];
  #take: (() => void) | undefined;

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.batches.push(chunks.map(({ chunk }) => chunk.toString()).join(""));
    this.#take = done;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  get waits(): boolean {
    return this.#take !== undefined;
  }

  takeBatch(): void {
    const take = this.#take;
    this.#take = undefined;
    take?.();
  }
}

async function writing(output: Writable, options: Partial<LineTransportOptions> = {}) {
  const transport = lineTransport({ input: new PassThrough(), output, ...options });
  const events: string[] = [];
  transport.onerror = (error) =>
    events.push(OmgError.is(error) ? `${error.reason} ${error.detail}` : error.message);
  transport.onclose = () => events.push("closed");
  await transport.start();
  return { transport, events, send: (text: string) => transport.send(note(text)) };
}

function note(text: string) {
  return { jsonrpc: "2.0", method: "m", params: { text } } as const;
}

function line(text: string): string {
  return `${JSON.stringify(note(text))}\n`;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("what is sent", () => {
  test("leaves before its output ends, whoever ends it", async () => {
    const output = new SlowOutput();
    const { send } = await writing(output);
    await Promise.all([send("1"), send("2")]);
    output.end();
    expect(output.batches).toEqual([line("1") + line("2")]);
  });

  test("leaves in the order in which it was sent, be it short or long", async () => {
    const output = new SlowOutput();
    const { send } = await writing(output);
    const texts = ["1", "x".repeat(5_000), "2", "3", "y".repeat(5_000)];
    await Promise.all(texts.map(send));
    await nextTurn();
    expect(output.batches).toEqual([texts.map(line).join("")]);
  });

  test("in one turn leaves in one write", async () => {
    const output = new SlowOutput();
    const { send } = await writing(output);
    await Promise.all([send("1"), send("2")]);
    await send("3");
    expect(output.batches).toEqual([]);
    await nextTurn();
    expect(output.batches).toEqual([line("1") + line("2") + line("3")]);
    output.takeBatch();
    await send("4");
    await nextTurn();
    expect(output.batches).toEqual([line("1") + line("2") + line("3"), line("4")]);
  });

  /** An eager transport that has sent one message a turn for a while, all of them taken. */
  async function calm() {
    const output = new SlowOutput();
    const { send } = await writing(output, { eager: true });
    for (let turn = 0; turn < 8; turn++) {
      await send("before");
      await nextTurn();
      output.takeBatch();
    }
    output.batches.length = 0;
    return { output, send };
  }

  test("alone leaves at once where it may, and where those before were alone", async () => {
    const { output, send } = await calm();
    await send("1");
    expect(output.batches).toEqual([line("1")]);
    output.takeBatch();
    await nextTurn();
    await send("2");
    expect(output.batches).toEqual([line("1"), line("2")]);
  });

  test("in one turn with others leaves with them all the same, and so in the turns after a crowded one", async () => {
    const { output, send } = await calm();
    await send("1");
    output.takeBatch();
    await Promise.all([send("2"), send("3")]);
    expect(output.batches).toEqual([line("1")]);
    await nextTurn();
    expect(output.batches).toEqual([line("1"), line("2") + line("3")]);
    output.takeBatch();
    await send("4");
    expect(output.batches).toHaveLength(2);
    await nextTurn();
    expect(output.batches).toEqual([line("1"), line("2") + line("3"), line("4")]);
  });

  test("leaves before the end when the transport is closed in the same turn", async () => {
    const output = new PassThrough();
    const { transport, send } = await writing(output);
    await send("last");
    await transport.close();
    expect((await output.toArray()).join("")).toBe(line("last"));
  });

  test("is one line, whatever white space it holds", async () => {
    const output = new PassThrough();
    const { transport } = await writing(output);
    const text = '{\n"jsonrpc":"2.0",\r\n\t"method":"m","params":{"a":"\\n"\n}}\n{}'.slice(0, -3);
    await transport.sendFrame?.(parseFrame(Buffer.from(text)));
    await nextTurn();
    const sent = output.read().toString();
    expect(sent).toBe('{ "jsonrpc":"2.0",  \t"method":"m","params":{"a":"\\n" }}\n');
    expect(JSON.parse(sent)).toEqual(JSON.parse(text));
  });

  test("as a batch is one line too", async () => {
    const output = new PassThrough();
    const { transport } = await writing(output);
    const pretty = parseFrame(Buffer.from('{\n"jsonrpc":"2.0","method":"é"\r\n}'));
    await transport.sendBatch([frameOf(note("1")), pretty, frameOf(note("x".repeat(5000)))]);
    await transport.sendBatch([frameOf(note("2"))]);
    await nextTurn();
    const sent = output.read().toString().split("\n");
    expect(sent.map((text: string) => (text === "" ? "" : JSON.parse(text)))).toEqual([
      [note("1"), { jsonrpc: "2.0", method: "é" }, note("x".repeat(5000))],
      [note("2")],
      "",
    ]);
  });

  test("is left as it was for others", async () => {
    const { transport } = await writing(new PassThrough());
    const frame = parseFrame(Buffer.from('{\n"jsonrpc":"2.0","method":"m"}'));
    await transport.sendFrame?.(frame);
    expect(frame.bytes.toString()).toBe('{\n"jsonrpc":"2.0","method":"m"}');
  });
});

describe("an output that is not read", () => {
  test("takes so many bytes and then refuses", async () => {
    const output = new SlowOutput();
    const { events, send, transport } = await writing(output, { maxQueuedBytes: 2 * line("x").length });
    await send("1");
    await send("2");
    await expect(send("3")).rejects.toMatchObject({
      reason: "overloaded",
      detail: "queue_full",
      executed: "no",
    });
    await nextTurn();
    await expect(send("3")).rejects.toMatchObject({ reason: "overloaded" });
    await expect(transport.sendBatch([])).rejects.toMatchObject({ reason: "overloaded" });
    output.takeBatch();
    await send("3");
    await nextTurn();
    expect(output.batches).toEqual([line("1") + line("2"), line("3")]);
    expect(events).toEqual([]);
  });
});

describe("a transport that is closed", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("waits until all is written", async () => {
    const output = new SlowOutput();
    const { transport, send } = await writing(output);
    await send("x");
    const closed = transport.close();
    expect(output.batches).toEqual([line("x")]);
    output.takeBatch();
    await closed;
    expect(output.writableFinished).toBe(true);
  });

  test("waits a second at most", async () => {
    vi.useFakeTimers();
    const output = new SlowOutput();
    const { transport, send } = await writing(output);
    await send("x");
    let isClosed = false;
    const closed = transport.close().then(() => {
      isClosed = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
  });
});

describe("an output that is gone", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  async function gone(error?: Error) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const input = new PassThrough();
    const output = new PassThrough();
    const { transport, events, send } = await writing(output, { input });
    const frames: string[] = [];
    transport.onframe = ({ head }) => frames.push(`${head.method}`);
    const closed = new Promise((resolve) => output.on("close", resolve));
    output.destroy(error);
    await closed;
    return { input, transport, events, frames, send };
  }

  test("ends the transport once, after a moment for last words", async () => {
    const { input, events, frames } = await gone(new Error("EIO"));
    expect(events).toEqual(["EIO"]);
    await new Promise<void>((resolve) => input.write(line("last words"), () => setImmediate(resolve)));
    expect(frames).toEqual(["m"]);
    vi.advanceTimersByTime(249);
    expect(events).toEqual(["EIO"]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(["EIO", "closed"]);
  });

  test.each([
    undefined,
    Object.assign(new Error("write EPIPE"), { code: "EPIPE" }),
    Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  ])("ends the transport without a fault where its reader has gone: %s", async (error) => {
    const { events } = await gone(error);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(250);
    expect(events).toEqual(["closed"]);
  });

  test("takes nothing more, and what is tried does not put the end off", async () => {
    const { events, send } = await gone(new Error("EIO"));
    for (let count = 0; count < 5; count++) {
      await expect(send("x")).rejects.toMatchObject({ reason: "upstream_closed", executed: "no" });
      vi.advanceTimersByTime(50);
    }
    expect(events).toEqual(["EIO", "closed"]);
  });
});

describe("the write deadline", () => {
  /** What a turn of the event loop takes on the fake clock. */
  const turn = 1;

  afterEach(() => {
    vi.useRealTimers();
  });

  async function stalled(options: Partial<LineTransportOptions> = {}) {
    vi.useFakeTimers();
    const output = new SlowOutput({ highWaterMark: 10 });
    return { output, ...(await writing(output, options)) };
  }

  test("ends the transport when nothing is read for 10 s", async () => {
    const { events, send, transport } = await stalled();
    await send("x");
    await vi.advanceTimersByTimeAsync(9_999);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(1 + turn);
    expect(events).toEqual(["upstream_closed write_deadline", "closed"]);
    await expect(transport.sendFrame?.(frameOf(note("y")))).rejects.toMatchObject({
      reason: "upstream_closed",
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events).toHaveLength(2);
  });

  test("is not judged before a process that was stopped has heard what was read meanwhile", async () => {
    const { output, events, send } = await stalled();
    await send("x");
    // Timers fire first when a process goes on, and all else is heard after them.
    vi.advanceTimersByTime(10_000);
    output.takeBatch();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(events).toEqual([]);
  });

  test("counts from the first byte that was too much", async () => {
    const { events, send } = await stalled({ writeDeadlineMs: 1_000 });
    await send("x");
    await vi.advanceTimersByTimeAsync(600);
    await send("y");
    await vi.advanceTimersByTimeAsync(400 + turn);
    expect(events).toEqual(["upstream_closed write_deadline", "closed"]);
  });

  test("is over when all is read", async () => {
    const { output, events, send } = await stalled();
    await send("x");
    await vi.advanceTimersByTimeAsync(9_000);
    output.takeBatch();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(events).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("spares a reader that is slow but reads, however much waits", async () => {
    const { output, events, send } = await stalled();
    for (let second = 0; second < 60; second++) {
      await send("x");
      await vi.advanceTimersByTimeAsync(1_000);
      if (second % 5 === 4) output.takeBatch();
      expect(output.waits).toBe(true);
    }
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000 + turn);
    expect(events).toEqual(["upstream_closed write_deadline", "closed"]);
  });

  test("leaves no timer behind when the transport is closed", async () => {
    const { events, send, transport } = await stalled();
    await send("x");
    const closed = transport.close();
    expect(events).toEqual(["closed"]);
    await vi.advanceTimersByTimeAsync(1_000);
    await closed;
    expect(events).toEqual(["closed"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not begin for a reader who keeps up", async () => {
    vi.useFakeTimers();
    const output = new PassThrough();
    output.resume();
    const { events, send } = await writing(output);
    await send("x");
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toEqual([]);
  });
});
