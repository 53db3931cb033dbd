import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

/** Has a server listen until the test is over, with a client whose bytes come as they are written. */
export async function byteClient(server: Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  /** Waits until the server has said these words; gives all that it has. */
  const said = async (words: string) => {
    while (!text.includes(words)) await once(socket, "data");
    return text;
  };
  return { socket, said };
}
