import { describe, expect, test } from "vitest";
import { Pins } from "../src/pins/pins.ts";
import { ToolGuard } from "../src/pins/tool-guard.ts";
import type { PooledServer } from "../src/pool/server.ts";
import type { ListingMemory } from "../src/router/listing-memory.ts";
import { parseFrame } from "../src/runtime/frame.ts";
import { lockFor, tool } from "./support/defined-server.ts";
import { fakeEntry } from "./support/gateway.ts";

const pinned = JSON.stringify(tool("read"));
const other = JSON.stringify(tool("read", "Reads all"));

/** What clients get of a server's answer, in its own bytes. */
function filtered(result: string): string {
  const pins = new Pins(() => {});
  pins.apply({ servers: [fakeEntry("s")], pins: "block", lock: lockFor({ s: [tool("read")] }) });
  const memory = { passed: () => "known" } as unknown as ListingMemory;
  const answer = parseFrame(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`));
  const frame = new ToolGuard(pins, memory).filter({ id: "s" } as PooledServer, "", answer);
  return frame.bytes.toString().slice('{"jsonrpc":"2.0","id":1,"result":'.length, -1);
}

describe("a server's own list of tools", () => {
  test("loses what is not as pinned, and nothing else", () => {
    expect(filtered(`{"a":"ü","tools": [ ${other} , ${pinned} ],"nextCursor":"2"}`)).toBe(
      `{"a":"ü","tools": [${pinned}],"nextCursor":"2"}`,
    );
    expect(filtered(`{"tools":[${other}]}`)).toBe('{"tools":[]}');
  });

  test("loses what has no name, and what is no tool at all", () => {
    expect(filtered(`{"tools":[{"description":"x"},7,[${other}],${pinned}]}`)).toBe(`{"tools":[${pinned}]}`);
  });

  test("stays as it is where there are no tools", () => {
    expect(filtered('{ "x": 1 }')).toBe('{ "x": 1 }');
  });

  test("is refused when it comes twice: nobody knows which one a client reads", () => {
    expect(() => filtered(`{"tools":[${other}],"tools":[${pinned}]}`)).toThrow(
      "Server 's' answers tools/list with a key twice",
    );
  });

  test.each(["Tools", "TOOLS", "tools\\u0000"])(
    "is refused under a key that lenient clients take for it: %s",
    (key) => {
      expect(() => filtered(`{"tools":[${pinned}],"${key}":[${other}]}`)).toThrow("almost tools");
      expect(() => filtered(`{"${key}":[${other}]}`)).toThrow("almost tools");
    },
  );
});
