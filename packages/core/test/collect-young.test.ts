import { afterEach, expect, test, vi } from "vitest";
import { parseFrame } from "../src/runtime/index.ts";

const collect = vi.fn();

afterEach(() => {
  vi.unstubAllGlobals();
  collect.mockClear();
});

const message = (length: number) =>
  Buffer.from(JSON.stringify({ jsonrpc: "2.0", method: "m", params: { text: "x".repeat(length) } }));

test("what is young is collected once for every 16 MB of long messages, not for short ones", () => {
  vi.stubGlobal("gc", collect);
  const long = message(1024 * 1024);
  for (let count = 0; count < 64; count++) parseFrame(long);
  expect(collect.mock.calls).toEqual(Array(4).fill([{ type: "minor" }]));
  const short = message(1024);
  for (let count = 0; count < 20_000; count++) parseFrame(short);
  expect(collect).toHaveBeenCalledTimes(4);
});

test("a program whose collector is not exposed reads long messages all the same", () => {
  vi.stubGlobal("gc", undefined);
  const long = message(4 * 1024 * 1024);
  for (let count = 0; count < 10; count++) expect(parseFrame(long).head.method).toBe("m");
});
