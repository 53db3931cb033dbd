import { expect, test } from "vitest";
import { findImports } from "./support/imports.ts";
import { maskCode } from "./support/mask-code.ts";

function importsOf(source: string): string[] {
  return findImports(source, maskCode(source)).map((use) => `${use.line} ${use.kind} ${use.specifier}`);
}

test("every form of import is found, with its line", () => {
  const source = `#!/usr/bin/env node
import "side-effect";
import standard, { type Inline, named as other } from "static";
import * as all from 'star';
import type { Only } from "type-only";
import type Standard from "type-default";
import type from "default-named-type";
export { one, two } from "re-export";
export * from "re-export-all";
export type { Three } from "re-export-type";
import {
  multi,
  /* from "comment" */ line,
} from "multi-line";
const lazy = await import("dynamic");
const old = require("required");
let later: import("type-position").Thing;
await import(\`template\`);
await import(\`template/\${name}\`);
await import(name);`;
  expect(importsOf(source)).toEqual([
    "2 static side-effect",
    "3 static static",
    "4 static star",
    "5 type type-only",
    "6 type type-default",
    "7 static default-named-type",
    "8 static re-export",
    "9 static re-export-all",
    "10 type re-export-type",
    "11 static multi-line",
    "15 dynamic dynamic",
    "16 dynamic required",
    "17 dynamic type-position",
    "18 dynamic template",
    "19 dynamic undefined",
    "20 dynamic undefined",
  ]);
});

test("what only looks like an import is not found", () => {
  const source = `
// import "comment";
/* import "comment"; */
const text = 'import "string"' + "it's" + \`import "template" \${ "import 'x'" } \`;
const pattern = /import "regex['"]/; const half = 4 / 2; const other = 'import "y"';
export const from = "constant"; export default "text";
loader.import(name); const imported = reimport("z"); import.meta.resolve("w");`;
  expect(importsOf(source)).toEqual([]);
});

test("masking keeps every offset and line", () => {
  const source =
    "const a = `x${ b ? `y${'}'}` : /[/'\"]/ }z`; // end\n/* two\nlines */ f('\\'', \"//\") / 2 / 1;";
  const masked = maskCode(source);
  expect(masked).toHaveLength(source.length);
  expect(masked.replace(/ +/g, " ")).toBe(
    "const a = ` ${ b ? ` ${' '}` : / / } `; \n \n f(' ', \" \") / 2 / 1;",
  );
});
