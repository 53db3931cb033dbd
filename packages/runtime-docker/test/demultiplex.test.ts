import { PassThrough, type Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { demultiplex } from "../src/engine/demultiplex.ts";

const stream = fc.constantFrom(0, 1, 2);
const piece = fc.tuple(stream, fc.uint8Array({ maxLength: 40 }));

describe("the two streams of one connection", () => {
  test("come apart however they were cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 50 })),
        async (pieces, cuts) => {
          const connection = new PassThrough();
          const output = demultiplex(connection);
          const read = Promise.all([textOf(output.stdout), textOf(output.stderr)]);
          const bytes = Buffer.concat(pieces.map(([of, data]) => framed(of, data)));
          for (const chunk of cut(bytes, cuts)) {
            connection.write(chunk);
            await turn();
          }
          connection.end();
          const of = (...wanted: number[]) =>
            Buffer.concat(pieces.filter(([which]) => wanted.includes(which)).map(([, data]) => data));
          expect(await read).toEqual([of(0, 1).toString("hex"), of(2).toString("hex")]);
        },
      ),
    );
  });

  test("what nobody reads holds the connection up, once, and nothing is lost", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);
    const connection = new PassThrough({ highWaterMark: 16 * 1024 * 1024 });
    const { stdout } = demultiplex(connection);
    const count = 100_000;
    connection.write(Buffer.concat(Array.from({ length: count }, () => framed(1, Buffer.from("abcdefgh")))));
    connection.write(framed(1, Buffer.from("the last")));
    await turn();
    await turn();
    expect(connection.isPaused()).toBe(true);
    connection.end();
    let length = 0;
    for await (const chunk of stdout) length += (chunk as Buffer).length;
    expect(length).toBe((count + 1) * 8);
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  test("an unread log holds nothing up", async () => {
    const connection = new PassThrough();
    const { stdout } = demultiplex(connection);
    for (let count = 0; count < 100; count++) connection.write(framed(2, Buffer.alloc(10_000)));
    connection.write(framed(1, Buffer.from("through")));
    connection.end();
    expect(await textOf(stdout)).toBe(Buffer.from("through").toString("hex"));
  });

  test("both end when the connection breaks, in the middle of a piece too", async () => {
    const connection = new PassThrough();
    const output = demultiplex(connection);
    const read = Promise.all([textOf(output.stdout), textOf(output.stderr)]);
    connection.write(framed(1, Buffer.from("cut off")).subarray(0, 11));
    await turn();
    connection.destroy(new Error("reset"));
    expect(await read).toEqual([Buffer.from("cut").toString("hex"), ""]);
  });

  test.each([
    ["a stream that there is not", Buffer.from([7, 0, 0, 0, 0, 0, 0, 1, 65])],
    ["text without headers", Buffer.from("plain text, as of a terminal")],
  ])("%s ends the connection: nothing after it can be understood", async (_what, bytes) => {
    const connection = new PassThrough();
    const { stdout } = demultiplex(connection);
    connection.write(bytes);
    expect(await textOf(stdout)).toBe("");
    expect(connection.destroyed).toBe(true);
  });
});

function framed(of: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(of, 0);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

/** In pieces of these lengths, over and over. */
function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let from = 0;
  for (let turns = 0; from < bytes.length; turns++) {
    const to = from + (lengths[turns % lengths.length] ?? bytes.length);
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("hex");
}
