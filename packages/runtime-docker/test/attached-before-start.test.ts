import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, test } from "vitest";
import dockerRuntime from "../src/index.ts";
import { verbOf } from "./support/engine-verbs.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";

test.each<[string, (socket: Socket) => void]>([
  ["breaks", (socket) => socket.resetAndDestroy()],
  ["ends", (socket) => socket.destroy()],
])("a connection that %s while its container is being started is noticed", async (_how, harm) => {
  await using engine = await engineThat(harm);
  await using runtime = dockerRuntime();
  const host = `tcp://127.0.0.1:${engine.port}`;
  const instance = await runtime.start(startRequest({ ...stubServer, engine: { host } }));
  expect(await instance.exited).toEqual({
    reason: "lost",
    detail: "the engine broke off the connection with it",
  });
});

/** Says yes to everything, and harms the attached connection before it has started the container. */
async function engineThat(harm: (socket: Socket) => void) {
  const answers: Readonly<Record<string, object>> = {
    "inspect image": { Id: "sha256:1", Os: "linux", Architecture: "amd64" },
    create: { Id: "0123456789ab" },
    list: [],
  };
  let attached: Socket | undefined;
  const server = createServer(async (request, response) => {
    const verb = verbOf(request.method, request.url);
    // How its containers do, it never says.
    if (verb === "wait") return;
    if (verb === "events") return void response.flushHeaders();
    if (verb === "start" && attached) {
      const closed = once(attached, "close");
      harm(attached);
      await closed;
    }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answers[verb] ?? {}));
  });
  server.on("upgrade", (_request, socket: Socket) => {
    attached = socket;
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
