import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { frameOf } from "@omg/core/runtime";
import { expect, onTestFinished, test } from "vitest";
import { instanceConversation } from "../src/instance-conversation.ts";

const call = frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call" });
const ways = {
  "not answered yet": () => {},
  "being answered on a stream": (outgoing: ServerResponse) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
  },
};

test.each(Object.entries(ways))(
  "a call that is %s hears how the instance ended before the conversation is over",
  async (_, answer) => {
    const server = createServer((_incoming, outgoing) => answer(outgoing)).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/mcp`);
    const ended = Promise.resolve("its pod was removed");
    const conversation = instanceConversation({ url, ended });
    const { transport } = conversation;
    onTestFinished(() => conversation.end());
    const heard: string[] = [];
    transport.onclose = () => heard.push("closed");
    await transport.start();
    const asked = once(server, "request");
    const failed = transport.sendFrame(call).catch(({ message }) => heard.push(message));
    await asked;

    await transport.close();
    await failed;
    expect(heard).toEqual(["its pod was removed", "closed"]);
  },
);
