import fc from "fast-check";
import { expect, test } from "vitest";
import { containerName } from "../src/container/container-name.ts";

test("any server has a name that engines take", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-composite", minLength: 1 }), fc.uuid(), (server, instance) => {
      const name = containerName(server, instance);
      expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
      expect(name.length).toBeLessThan(64);
      expect(containerName(server, instance)).toBe(name);
    }),
  );
});

test("servers that look alike, and instances of one server, have names of their own", () => {
  const servers = ["a b", "a-b", "A-B", "a.b", "日本", "中国", "--", "__"];
  const names = servers.flatMap((server) => ["1", "2"].map((instance) => containerName(server, instance)));
  expect(new Set(names).size).toBe(names.length);
});

test("tells people which server it is of", () => {
  expect(containerName("GitHub (work)", "x")).toMatch(/^omg-github-work-[0-9a-f]{12}$/);
  expect(containerName("日本", "x")).toMatch(/^omg-[0-9a-f]{12}$/);
});
