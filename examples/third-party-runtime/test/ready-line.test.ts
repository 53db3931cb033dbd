import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { readyLine } from "../src/ready-line.ts";
import { readyMark } from "../src/remote-script.ts";

const said = `Welcome!\nomg-runtime\n${readyMark}4711\n{"first":1}\n{"sec`;

test.each([1, 7, 1_000])(
  "the ready line is found in chunks of %i bytes, and what follows stays",
  async (size) => {
    const output = new PassThrough();
    const ready = readyLine(output);
    for (let at = 0; at < said.length; at += size) {
      output.write(said.slice(at, at + size));
      await new Promise((turn) => setImmediate(turn));
    }
    expect(await ready).toBe("4711");
    output.end('ond":2}\n');
    let rest = "";
    for await (const chunk of output) rest += chunk;
    expect(rest).toBe('{"first":1}\n{"second":2}\n');
  },
);
