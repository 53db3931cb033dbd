import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { quote, quotePath } from "../src/quote.ts";

const odd = [
  "",
  " ",
  "'",
  "''\\''",
  "it's",
  '"$HOME" `id` $(id) ${x}',
  "a\nb\n",
  "\t*?[a]~ # ; & | < > ! {a,b}",
  "\\",
  "\\n\\",
  "-n",
  "ä ✓ 🦀 \u0081",
];

test.each(odd.map((text) => [text]))("a shell sees nothing in %j, and takes it for one word", (text) => {
  const printed = execFileSync("/bin/sh", ["-c", `printf '%s.' ${quote(text)} ${quote("next")}`]);
  expect(printed.toString()).toBe(`${text}.next.`);
});

test.each([
  ["~", "/there"],
  ["~/a b", "/there/a b"],
  ["~user/$x", "~user/$x"],
  ["/a/~", "/a/~"],
])("the path %j is %j", (path, meant) => {
  const printed = execFileSync("/bin/sh", ["-c", `printf '%s' ${quotePath(path)}`], {
    env: { HOME: "/there" },
  });
  expect(printed.toString()).toBe(meant);
});
