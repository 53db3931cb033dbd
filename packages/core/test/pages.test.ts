import { describe, expect, test } from "vitest";
import { type PlacedItem, pageOf } from "../src/router/pages.ts";
import type { Params } from "../src/runtime/transport.ts";
import { fakeServer } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";

const itemsOf = (slug: string, count: number): PlacedItem[] =>
  Array.from({ length: count }, (_, index) => {
    const key = `${slug}${index}`;
    return { slug, key, bytes: Buffer.from(JSON.stringify(key)) };
  });

const read = (array: Buffer) => JSON.parse(array.toString()) as string[];

describe("pages", () => {
  const a = itemsOf("a", 700);
  const b = itemsOf("b", 900);
  const c = itemsOf("c", 600);
  const { array, nextCursor } = pageOf([...a, ...b, ...c]);

  test("hold a thousand items each, in order, none twice", () => {
    expect(read(array)).toHaveLength(1000);
    const second = pageOf([...a, ...b, ...c], nextCursor);
    const third = pageOf([...a, ...b, ...c], second.nextCursor);
    expect(third.nextCursor).toBeUndefined();
    const all = [array, second.array, third.array].flatMap(read);
    expect(all).toEqual([...a, ...b, ...c].map(({ key }) => key));
  });

  test("of up to a thousand are all there is", () => {
    expect(pageOf([]).array.toString()).toBe("[]");
    expect(pageOf(a).nextCursor).toBeUndefined();
    expect(pageOf([...a, ...itemsOf("d", 300)]).nextCursor).toBeUndefined();
  });

  test.each<[string, PlacedItem[], string]>([
    ["a server comes before", [...itemsOf("new", 50), ...a, ...b, ...c], "b300"],
    ["a server before is gone", [...b, ...c], "b300"],
    ["its last server is gone", [...a, ...c], "c0"],
    ["its last item is gone", [...a, ...b.filter(({ key }) => key !== "b299"), ...c], "b300"],
    ["its server offers less", [...a, ...b.slice(0, 10), ...c], "c0"],
    ["servers change places", [...c, ...b, ...a], "b300"],
  ])("go on where they were when %s", (_, items, next) => {
    expect(read(pageOf(items, nextCursor).array)[0]).toBe(next);
  });

  test.each([
    "",
    "x",
    Buffer.from("[1]").toString("base64url"),
    Buffer.from('["a","b",-1,0]').toString("base64url"),
  ])("are refused for the cursor %j", (cursor) => {
    expect(() => pageOf(a, cursor)).toThrow("Unknown cursor");
  });
});

test("a list of many servers goes on after a reload in the middle of it", async () => {
  const many = (prefix: string) => {
    const tools = Array.from({ length: 600 }, (_, index) => ({ name: `${prefix}${index}` }));
    return fakeServer({}, { methods: { "tools/list": () => ({ tools }) } });
  };
  const { gateway } = await testGateway({ a: many("x"), b: many("y") });
  const client = await TestClient.connect(gateway);
  const first = await client.result("tools/list");
  expect(first.tools).toHaveLength(1000);
  await gateway.reload({ servers: [fakeEntry("b")] });
  const second = await client.result("tools/list", { cursor: first.nextCursor } as Params);
  expect((second.tools as { name: string }[]).map(({ name }) => name)).toEqual(
    Array.from({ length: 200 }, (_, index) => `b__y${400 + index}`),
  );
  expect(second.nextCursor).toBeUndefined();
});
