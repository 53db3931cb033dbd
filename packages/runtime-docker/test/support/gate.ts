import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A socket in front of an engine's, where requests can be held back and broken off by their first line. */
export interface Gate extends AsyncDisposable {
  readonly socketPath: string;
  /** Requests that match reach the engine never. */
  hold: RegExp | undefined;
  /** Breaks off every connection of which the last request matches. */
  cut(requests: RegExp): void;
}

export async function gateTo(engine: string): Promise<Gate> {
  const socketPath = join(tmpdir(), `omg-gate-${process.hrtime.bigint()}.sock`);
  const connections = new Map<Socket, string>();
  const gate: Gate = {
    socketPath,
    hold: undefined,
    cut(requests) {
      for (const [socket, request] of connections) if (requests.test(request)) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      this.cut(/^/);
      await closed;
    },
  };
  const server = createServer((near) => {
    const far = connect(engine);
    connections.set(near, "");
    near.on("data", (chunk) => {
      const [request] = /^[A-Z]+ \S+/.exec(chunk.toString("latin1")) ?? [];
      if (request !== undefined) connections.set(near, request);
      if (request === undefined || !gate.hold?.test(request)) far.write(chunk);
    });
    near.on("end", () => far.end());
    far.pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
    near.on("close", () => connections.delete(near));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return gate;
}
