import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { readBody } from "../src/body.ts";
import { PouredRequest } from "../src/poured-request.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function used(): number {
  collect();
  return getHeapStatistics().used_heap_size;
}

it.each([
  ["of ours", PouredRequest],
  ["of somebody else's server", IncomingMessage],
])(
  "the body of a request %s that comes byte by byte costs little more than its bytes",
  async (_whose, Request) => {
    const incoming = new Request(new Socket());
    const body = readBody(incoming, 1_000_000);
    const before = used();
    for (let sent = 0; sent < 500_000; sent++) {
      incoming.push(Buffer.of(0x20));
      // Each is read by itself.
      await new Promise(setImmediate);
    }
    // Half a million buffers take more than 45 MB.
    expect(used() - before).toBeLessThan(20_000_000);
    incoming.push(null);
    expect((await body).length).toBe(500_000);
  },
);
