import { connect, createServer, type Socket } from "node:net";
import { listening, type TestServer } from "../../../packages/runtime-sse/test/support/http-server.ts";

/** Where to cut: after so many bytes of one direction. */
export interface Cut {
  readonly direction: "request" | "response";
  readonly bytes: number;
}

/** Stands before a server and cuts the connection that bears the byte it is told of. */
export interface CuttingProxy extends TestServer {
  /** Cuts once, counting the bytes from now on. */
  cut(where: Cut): void;
  /** Gives whether it was cut; if not, it no longer will be. */
  wasCut(): boolean;
}

export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const { port } = new URL(target);
  let next: Cut | undefined;

  function pass(direction: Cut["direction"], from: Socket, to: Socket): void {
    from.on("data", (chunk: Buffer) => {
      if (next?.direction !== direction) return void to.write(chunk);
      const { bytes } = next;
      next = chunk.length < bytes ? { direction, bytes: bytes - chunk.length } : undefined;
      if (next) return void to.write(chunk);
      // What came before the cut must arrive.
      to.end(chunk.subarray(0, bytes));
      from.destroy();
    });
    from.on("error", () => {});
    from.on("close", () => to.end());
  }

  const server = await listening(
    createServer((client) => {
      const upstream = connect(Number(port), "127.0.0.1");
      pass("request", client, upstream);
      pass("response", upstream, client);
    }),
  );
  return Object.assign(Object.create(server) as TestServer, {
    cut(where: Cut) {
      next = where;
    },
    wasCut() {
      const wasCut = next === undefined;
      next = undefined;
      return wasCut;
    },
  });
}
