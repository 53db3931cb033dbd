import { PassThrough, type Readable } from "node:stream";

/** What a container writes, apart again. Both streams end with the connection. */
export interface ContainerOutput {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

const headerBytes = 8;
const STDERR = 2;

/**
 * Takes apart the two streams that an engine sends over one attached connection: each piece follows eight bytes, of which
 * the first says which stream it is of and the last four how long it is (Docker Engine API, ContainerAttach).
 */
export function demultiplex(connection: Readable): ContainerOutput {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let header = Buffer.alloc(0);
  let target = stdout;
  let left = 0;

  const write = (piece: Buffer) => {
    // Only the server's messages hold the connection up: its log is always read.
    if (!target.write(piece) && target === stdout) connection.pause();
  };
  const end = () => {
    stdout.end();
    stderr.end();
  };

  stdout.on("drain", () => connection.resume());
  connection.on("data", (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const piece = rest.subarray(0, left);
        left -= piece.length;
        rest = rest.subarray(piece.length);
        write(piece);
        continue;
      }
      const missing = headerBytes - header.length;
      header = Buffer.concat([header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (header.length < headerBytes) return;
      if (!isHeader(header)) return void connection.destroy();
      target = header[0] === STDERR ? stderr : stdout;
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  });
  connection.on("end", end);
  connection.on("close", end);
  connection.on("error", end);
  return { stdout, stderr };
}

/** What is no header can not be told from what it should be in front of: nothing after it can be understood. */
function isHeader(bytes: Buffer): boolean {
  return bytes.readUInt8(0) <= STDERR && bytes.readUIntBE(1, 3) === 0;
}
