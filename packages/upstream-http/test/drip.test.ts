import { Readable } from "node:stream";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { readAll } from "../src/read-body.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function used(): number {
  collect();
  return getHeapStatistics().used_heap_size;
}

test("an answer that comes byte by byte costs little more than its bytes", async () => {
  const body = new Readable({ read() {} });
  const whole = readAll(new URL("http://localhost/"), { status: 200, headers: {}, body });
  const before = used();
  for (let sent = 0; sent < 500_000; sent++) {
    body.push(Buffer.of(0x20));
    // Each is read by itself.
    await new Promise(setImmediate);
  }
  // Half a million buffers take more than 45 MB.
  expect(used() - before).toBeLessThan(20_000_000);
  body.push(null);
  expect((await whole).length).toBe(500_000);
});
