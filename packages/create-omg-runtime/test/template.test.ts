import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// What a scaffold tests of itself, run here: the template must not rot.
import "../template/test/contract.test.ts";

test("the template type-checks by its own settings", async () => {
  const tsc = join(import.meta.dirname, "../node_modules/.bin/tsc");
  const folder = join(import.meta.dirname, "../template");
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder]).catch(
    (error) => error as { stdout: string },
  );
  expect(stdout).toBe("");
});
