import { once } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LogLinesOptions, logLines } from "../src/runtime/index.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function logged(options?: LogLinesOptions) {
  const stream = new PassThrough();
  const lines: string[] = [];
  logLines(stream, (line) => lines.push(line), options);
  const write = (text: string | Buffer) => {
    return new Promise<void>((resolve) => {
      stream.write(text, () => resolve());
    });
  };
  const end = async () => {
    const ended = once(stream, "end");
    stream.end();
    await ended;
  };
  return { stream, lines, write, end };
}

describe("the lines of a log", () => {
  test("are handed on one by one, the last one without its end, too", async () => {
    const { lines, write, end } = logged();
    await write("one\r\ntwo\n\nth");
    await write("ree\nlast");
    expect(lines).toEqual(["one", "two", "", "three"]);
    await end();
    expect(lines).toEqual(["one", "two", "", "three", "last"]);
  });

  test("are cut when they are long", async () => {
    const { lines, write, end } = logged({ maxLineBytes: 10 });
    await write(`${"a".repeat(25)}\nshort\n`);
    await end();
    expect(lines).toEqual([`${"a".repeat(10)}…`, "short"]);
  });

  test("are cut at 8 KiB unless told otherwise", async () => {
    const { lines, write } = logged();
    await write(`${"a".repeat(10_000)}\n`);
    expect(lines).toEqual([`${"a".repeat(8192)}…`]);
  });

  test("are cut between characters", async () => {
    const { lines, write } = logged({ maxLineBytes: 10 });
    await write(`${"ä".repeat(4)}–––\n`);
    expect(lines).toEqual(["ääää…"]);
  });

  test("are cut once, however many pieces they come in", async () => {
    const { lines, write, end } = logged({ maxLineBytes: 10 });
    for (const piece of ["abcdefgh", "ijkl", "mnopqrstuvwxyz", "x".repeat(50), "tail\nnext", "\n"])
      await write(piece);
    await write("y".repeat(11));
    await write("rest");
    await end();
    expect(lines).toEqual(["abcdefghij…", "next", `${"y".repeat(10)}…`]);
  });

  test("are passed on 100 a second, the others counted", async () => {
    const { lines, write } = logged();
    await write("x\n".repeat(130));
    await write("x\n".repeat(5));
    expect(lines).toHaveLength(100);
    vi.advanceTimersByTime(1000);
    await write("y\n");
    expect(lines.slice(100)).toEqual(["(suppressed 35 lines)", "y"]);
    vi.advanceTimersByTime(1000);
    await write("z\n");
    expect(lines.slice(102)).toEqual(["z"]);
  });

  test("are counted to the end", async () => {
    const { lines, write, end } = logged({ linesPerSecond: 2 });
    await write("1\n2\n3\n4");
    await end();
    expect(lines).toEqual(["1", "2", "(suppressed 2 lines)"]);
  });

  test("are read however many they are", async () => {
    const { stream, lines, write, end } = logged();
    const chunk = Buffer.from("x\n".repeat(50_000));
    for (let count = 0; count < 50; count++) await write(chunk);
    for (let count = 0; count < 50; count++) await write(Buffer.alloc(100_000, "endless"));
    await end();
    expect(stream.readableLength).toBe(0);
    // A line that has no end is one line.
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("(suppressed 2499901 lines)");
  });

  test("may hold what is no text", async () => {
    const { lines, write } = logged();
    await write(Buffer.from([0xff, 0x00, 0x0a]));
    expect(lines).toEqual(["\ufffd\0"]);
  });

  test("end quietly when their stream breaks", async () => {
    const { stream, lines, write } = logged();
    await write("one\n");
    const closed = new Promise((resolve) => stream.on("close", resolve));
    stream.destroy(new Error("broken"));
    await closed;
    expect(lines).toEqual(["one"]);
  });
});
