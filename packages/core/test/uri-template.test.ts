import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { templateMatches } from "../src/router/uri-template.ts";

describe("a URI comes from a template", () => {
  // Templates of each level of RFC 6570 with what they expand to.
  test.each([
    ["file:///a", "file:///a"],
    ["{var}", "value"],
    ["{var}", ""],
    ["map?{x,y}", "map?1024,768"],
    ["file:///{path}", "file:///a%20b"],
    ["{+path}/here", "/foo/bar/here"],
    ["X{#var}", "X#value"],
    ["X{.x,y}", "X.1024.768"],
    ["{/var,x}/here", "/value/1024/here"],
    ["{;x,y,empty}", ";x=1024;y=768;empty"],
    ["{?x,y}", "?x=1024&y=768"],
    ["?fixed=yes{&x}", "?fixed=yes&x=1024"],
    ["{var:3}", "val"],
    ["{/list*}", "/red/green/blue"],
    ["{?keys*}", "?semi=%3B&dot=."],
    ["db://{table}/{id}/row", "db://users/7/row"],
    ["db://{table}/{id}/row", "db://users/row/row/row"],
    ["a{x}{y}b", "ab"],
    ["a{x}a", "aaa"],
    ["repo://{owner}/{name}{?ref}", "repo://me/it"],
  ])("%s gives %s", (template, uri) => {
    expect(templateMatches(template, uri)).toBe(true);
  });

  test.each([
    ["file:///a", "file:///b"],
    ["file:///a", "file:///a/b"],
    ["file:///{path}", "http:///a"],
    ["{+path}/here", "/foo/there"],
    ["db://{table}/{id}/row", "db://users/row"],
    ["db://{table}/{id}/row", "db://users/7/row/8"],
    ["a{x}a", "a"],
    ["{x}b{y}b{z}", "ab"],
    ["FILE:///{path}", "file:///a"],
    ["a.c{x}", "abc"],
    ["", "a"],
  ])("%s does not give %s", (template, uri) => {
    expect(templateMatches(template, uri)).toBe(false);
  });

  test("whatever its expressions expand to", () => {
    const literal = fc.stringMatching(/^[a-z/:.?]{0,6}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(literal, fc.string({ maxLength: 20 }))), literal, (parts, tail) => {
        const template = `${parts.map(([text], index) => `${text}{+v${index}}`).join("")}${tail}`;
        const uri = `${parts.map(([text, value]) => text + value).join("")}${tail}`;
        expect(templateMatches(template, uri)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("hostile input", () => {
  test.each([
    ["many expressions", "{a}b".repeat(250_000), "b".repeat(4_095)],
    ["many expressions that nearly fit", `${"{a}b".repeat(4_000)}c`, "b".repeat(4_096)],
    ["open braces", "{".repeat(1_000_000), "{".repeat(4_096)],
    ["closed braces", "}{".repeat(500_000), "}".repeat(4_096)],
    ["a long literal", `{x}${"a".repeat(2_000)}b{y}`, "a".repeat(4_096)],
    ["a template that once took a library's matcher hours", "{/id*}", `/a${",".repeat(50_000)})X`],
    ["the same, as long as is looked at", "/{id*}{/path*}X", `/a${",".repeat(4_090)})X`],
  ])("takes no time: %s", (_what, template, uri) => {
    const start = performance.now();
    templateMatches(template, uri);
    // Generous: each takes less than one.
    expect(performance.now() - start).toBeLessThan(100);
  });

  test("of more than 4096 characters comes from no template", () => {
    expect(templateMatches("{x}", "a".repeat(4_096))).toBe(true);
    expect(templateMatches("{x}", "a".repeat(4_097))).toBe(false);
    expect(templateMatches(`${"a".repeat(4_094)}{}`, "a".repeat(4_096))).toBe(true);
    expect(templateMatches(`${"a".repeat(4_095)}{}`, "a".repeat(4_096))).toBe(false);
  });

  test("with braces that do not pair is taken literally", () => {
    expect(templateMatches("a{b", "a{b")).toBe(true);
    expect(templateMatches("a{b", "ab")).toBe(false);
    expect(templateMatches("a}b{c}", "a}bx")).toBe(true);
  });
});
