import { connect, createServer, type Socket } from "node:net";
import { listening, type TestServer } from "./http-server.ts";

/** Where a connection is cut: after so many bytes of one side, which still arrive. */
export interface Cut {
  readonly of: "client" | "server";
  readonly after: number;
}

/** Stands in front of a server, passes everything on, and cuts one connection when told, at any byte. */
export interface CuttingProxy extends TestServer {
  /** The next connection on which that side says something is cut; its bytes count from then on. */
  cut: Cut | undefined;
  /** Bytes of each side, since they were last set. */
  readonly passed: Record<Cut["of"], number>;
}

export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const { port } = new URL(target);
  const server = await listening(
    createServer((client) => {
      const upstream = connect(Number(port), "127.0.0.1");
      const sides = { client, server: upstream };
      for (const side of ["client", "server"] as const) {
        const [from, to] = side === "client" ? [client, upstream] : [upstream, client];
        from.on("data", (bytes: Buffer) => pass(bytes, side, to, sides));
        from.on("error", () => to.destroy());
        from.on("close", () => to.end());
      }
    }),
  );
  const proxy: CuttingProxy = Object.assign(Object.create(server) as TestServer, {
    cut: undefined,
    passed: { client: 0, server: 0 },
  });
  return proxy;

  function pass(bytes: Buffer, of: Cut["of"], to: Socket, { client }: { client: Socket }): void {
    // A late answer on a connection that was cut.
    if (client.destroyed) return;
    const { cut } = proxy;
    const isCut = cut?.of === of && proxy.passed[of] + bytes.length >= cut.after;
    to.write(isCut ? bytes.subarray(0, cut.after - proxy.passed[of]) : bytes);
    proxy.passed[of] += bytes.length;
    if (!isCut) return;
    proxy.cut = undefined;
    client.resetAndDestroy();
    // The server still gets what was let through.
    if (of === "client") to.end();
  }
}
