import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { listening, type TestServer } from "./http-server.ts";

/** What happens to the bytes of one connection. */
export interface Faults {
  /** Milliseconds that every piece is late. */
  readonly latencyMs?: number;
  /** The connection is reset after so many bytes of the server. */
  readonly resetAfter?: number;
  /** Nothing of the server comes through after so many bytes, and the connection stays. */
  readonly blackholeAfter?: number;
  /** Every byte is a write of its own. */
  readonly slices?: boolean;
  /** Bytes a second, at most. */
  readonly bytesPerSecond?: number;
}

/** Stands in front of a server and does harm, connection by connection. */
export interface FaultProxy extends TestServer {
  /** Of connections to come. */
  faults: Faults;
}

export async function faultProxy(target: string): Promise<FaultProxy> {
  const { port } = new URL(target);
  const server = await listening(
    createServer((client) => {
      const upstream = connect(Number(port), "127.0.0.1");
      upstream.on("error", () => client.destroy());
      upstream.on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
      client.pipe(upstream);
      const harm = harmful(proxy.faults, client);
      upstream.pipe(harm).pipe(client);
      client.on("close", () => harm.destroy());
    }),
  );
  const proxy: FaultProxy = Object.assign(Object.create(server) as TestServer, { faults: {} });
  return proxy;
}

function harmful(faults: Faults, client: Socket): Transform {
  const { latencyMs = 0, resetAfter, blackholeAfter, slices, bytesPerSecond } = faults;
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const left = resetAfter === undefined ? chunk.length : resetAfter - seen;
      const passes = Math.min(left, (blackholeAfter ?? Number.POSITIVE_INFINITY) - seen);
      seen += chunk.length;
      const piece = chunk.subarray(0, Math.max(0, passes));
      const lateMs = latencyMs + (bytesPerSecond ? (piece.length / bytesPerSecond) * 1000 : 0);
      const send = () => {
        if (slices) for (const byte of piece) this.push(Buffer.of(byte));
        else if (piece.length > 0) this.push(piece);
        if (left < chunk.length) client.resetAndDestroy();
        done();
      };
      if (lateMs > 0) setTimeout(send, lateMs);
      else send();
    },
  });
}
