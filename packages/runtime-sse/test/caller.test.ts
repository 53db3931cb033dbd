import { expect, test } from "vitest";
import { answerTo, type Exchange, fakeServer, introduction } from "./support/fake-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";

const isCall = ({ method }: Exchange) => method === "tools/call";

test("two sessions share an instance, and each is asked what its own call has caused", async () => {
  const open: Exchange[] = [];
  await using server = await fakeServer({
    initialize: (exchange) => exchange.json(introduction, { "mcp-session-id": "s" }),
    "tools/call"(exchange) {
      open.push(exchange);
      exchange.stream();
      if (open.length < 2) return;
      // Both are in flight now; the ids of the questions are those of the calls.
      for (const call of open) {
        const params = { message: call.text, requestedSchema: { type: "object", properties: {} } };
        call.event({ jsonrpc: "2.0", id: `q-${call.text}`, method: "elicitation/create", params });
      }
    },
    POST(exchange) {
      exchange.status(202);
      const { id, result } = exchange.message as unknown as {
        id: string;
        result: { content: { name: string } };
      };
      const call = open.find(({ text }) => `q-${text}` === id) as Exchange;
      call.event(answerTo(call, `${call.text} was answered by ${result.content.name}`));
      call.response.end();
    },
  });
  await using gateway = await remoteGateway({ url: server.url });
  const [left, right] = await Promise.all([
    GatewayClient.connect(gateway, { elicitation: {} }),
    GatewayClient.connect(gateway, { elicitation: {} }),
  ]);
  left.onquestion = () => ({ action: "accept", content: { name: "left" } });
  right.onquestion = () => ({ action: "accept", content: { name: "right" } });
  const answers = [left.call("echo", { text: "l" }), right.call("echo", { text: "r" })];
  expect(await Promise.all(answers)).toEqual(["l was answered by left", "r was answered by right"]);
  expect(new Set(server.exchanges.filter(isCall).map(({ headers }) => headers["mcp-session-id"])).size).toBe(
    1,
  );
});
