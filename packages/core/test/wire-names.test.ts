import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serverSlugs, slugOf, wireNames } from "../src/router/wire-names.ts";

/** The wire names of a catalog: from each to the server and name it stands for. */
function wireMap(catalog: ReadonlyMap<string, readonly string[]>): Map<string, [id: string, name: string][]> {
  const wire = new Map<string, [id: string, name: string][]>();
  for (const [id, slug] of serverSlugs([...catalog.keys()])) {
    for (const [name, wireName] of wireNames(slug, catalog.get(id) ?? [])) {
      wire.set(wireName, [...(wire.get(wireName) ?? []), [id, name]]);
    }
  }
  return wire;
}

/** Names that are likely to meet: of few letters, long, alike once they are plain, or lookalikes of a hash. */
const letters = fc.constantFrom("a", "b", "_", "__", "-", "é", "😀", ".", "/", " ", "1");
const name = fc.oneof(
  { weight: 4, arbitrary: fc.array(letters, { maxLength: 5 }).map((parts) => parts.join("")) },
  fc.array(letters, { maxLength: 90 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 70 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "x",
    "a".repeat(300),
    `${"a".repeat(24)}_${"b".repeat(40)}`,
  ),
);
const id = name.filter((text) => text !== "");
const catalogs = fc
  .uniqueArray(fc.tuple(id, fc.uniqueArray(name, { maxLength: 8 })), {
    maxLength: 8,
    selector: ([key]) => key,
  })
  .map((entries) => new Map(entries));

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const rank = (item: T) =>
    createHash("sha256")
      .update(`${seed}${String(item)}`)
      .digest("hex");
  return [...items].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

describe("wire names", () => {
  test("stand for one name of one server each, and for every one", () => {
    fc.assert(
      fc.property(catalogs, (catalog) => {
        const wire = wireMap(catalog);
        const owners = [...wire.values()];
        expect(owners.filter((claims) => claims.length !== 1)).toEqual([]);
        expect(owners).toHaveLength([...catalog.values()].reduce((sum, names) => sum + names.length, 0));
      }),
      { numRuns: 2000 },
    );
  });

  test("are names that every host takes, and tell their server", () => {
    fc.assert(
      fc.property(catalogs, (catalog) => {
        const slugs = serverSlugs([...catalog.keys()]);
        for (const [wireName, [owner]] of wireMap(catalog)) {
          expect(wireName).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(slugOf(wireName)).toBe(slugs.get(owner?.[0] ?? ""));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("do not depend on the order of anything", () => {
    fc.assert(
      fc.property(catalogs, fc.nat(), (catalog, seed) => {
        const reordered = shuffled([...catalog.keys()], seed).map(
          (key) => [key, shuffled(catalog.get(key) ?? [], seed)] as const,
        );
        expect(new Map(wireMap(new Map(reordered)))).toEqual(wireMap(catalog));
      }),
      { numRuns: 1000 },
    );
  });

  test("keep names that are plain already, whatever else there is", () => {
    const plain = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/);
    fc.assert(
      fc.property(fc.uniqueArray(plain, { minLength: 1 }), fc.array(name), (plainNames, others) => {
        const wire = wireNames("server", [...others, ...plainNames]);
        for (const own of plainNames) expect(wire.get(own)).toBe(`server__${own}`);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the slug of a server", () => {
  const hashed = (stem: string) => expect.stringMatching(new RegExp(`^${stem}_[0-9a-f]{6}$`));

  test.each([
    ["github", "github"],
    ["My-Server1", "My-Server1"],
    ["a__b", "a_b"],
    ["acme_", "acme"],
    ["__proto__", "proto"],
    ["a b/c.d", "a_b_c_d"],
    ["ünï", "n"],
    ["a".repeat(32), "a".repeat(32)],
  ])("of %j is %s", (key, slug) => {
    expect(serverSlugs([key]).get(key)).toBe(slug);
  });

  test("has a hash where nothing plain is left, or too much", () => {
    expect(serverSlugs(["名前"]).get("名前")).toMatch(/^x[0-9a-f]{6}$/);
    expect(serverSlugs(["_"]).get("_")).toMatch(/^x[0-9a-f]{6}$/);
    expect(serverSlugs(["a".repeat(300)]).get("a".repeat(300))).toEqual(hashed("a{25}"));
  });

  test("never holds the separator, also where it is cut", () => {
    const cut = `${"a".repeat(24)}_${"b".repeat(20)}`;
    expect(serverSlugs([cut]).get(cut)).toEqual(hashed("a{24}"));
  });

  test("belongs to the id that is plain already", () => {
    const slugs = serverSlugs(["a__b", "a_b", "a b"]);
    expect(slugs.get("a_b")).toBe("a_b");
    expect(slugs.get("a__b")).toEqual(hashed("a_b"));
    expect(slugs.get("a b")).toEqual(hashed("a_b"));
    expect(slugs.get("a b")).not.toBe(slugs.get("a__b"));
  });

  test("of what is no wire name is empty", () => {
    expect(slugOf("plain")).toBe("");
    expect(slugOf("a___b")).toBe("a");
  });
});

describe("servers and names that were made to meet", () => {
  test("stay apart: acme_ + status, acme + _status", () => {
    const wire = wireMap(
      new Map([
        ["acme_", ["status"]],
        ["acme", ["_status"]],
      ]),
    );
    expect(wire.get("acme___status")).toEqual([["acme", "_status"]]);
    expect([...wire.values()]).toContainEqual([["acme_", "status"]]);
    expect(wire.size).toBe(2);
  });

  test("stay apart: a + b__c, a__b + c", () => {
    const wire = wireMap(
      new Map([
        ["a", ["b__c"]],
        ["a__b", ["c"]],
      ]),
    );
    expect([...wire.keys()].sort()).toEqual(["a__b__c", "a_b__c"]);
  });

  test("stay apart when a plain name looks like another's hash", () => {
    const evil = "a b";
    const twin = "a.b";
    const lookalikes: string[] = [];
    const nameOf = (names: readonly string[]) => (wireNames("s", names).get(evil) ?? "").slice("s__".length);
    // A server that knows the rule takes every name that its own tool would get, and takes the next one, too.
    for (let round = 0; round < 100; round++) lookalikes.push(nameOf([evil, twin, ...lookalikes]));
    const wire = wireNames("s", [evil, twin, ...lookalikes]);
    expect(new Set(wire.values()).size).toBe(102);
    expect([...wire.values()].every((wireName) => wireName.length <= 64)).toBe(true);
    for (const own of lookalikes) expect(wire.get(own)).toBe(`s__${own}`);
  });

  test("stay apart in any order when their hashes are the same", () => {
    // Of so many names that are one name once they are plain, a few share their hash.
    const marks = [..." !#$%&'*+,./:;<=>?@[]^`{|}~¡¢£¤¥"];
    const names = marks.flatMap((a) => marks.flatMap((b) => marks.map((c) => `a${a}b${b}c${c}`)));
    const wire = wireNames("s", names);
    expect(new Set(wire.values()).size).toBe(names.length);
    expect(wireNames("s", [...names].reverse())).toEqual(wire);
  });

  test("are no fewer for odd names", () => {
    const odd = [
      "",
      " ",
      "a b",
      "a/b",
      "../x",
      "__proto__",
      "constructor",
      "😀",
      "n".repeat(300),
      "n".repeat(301),
      "\0",
    ];
    const wire = wireNames("s".repeat(32), odd);
    expect([...wire.keys()].sort()).toEqual([...odd].sort());
    expect(new Set(wire.values()).size).toBe(odd.length);
    expect(wire.get("__proto__")).toBe(`${"s".repeat(32)}____proto__`);
    for (const wireName of wire.values()) expect(wireName).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});
