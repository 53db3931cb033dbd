import { expect, test } from "vitest";
import { type Cut, cuttingProxy } from "./support/cutting-proxy.ts";
import { type Exchange, fakeServer, introduction, type Rules, textResult } from "./support/fake-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";

const complete = (exchange: Exchange, result: object) => exchange.json({ resultType: "complete", ...result });
const rules: Record<string, Rules> = {
  legacy: {},
  modern: {
    initialize: (exchange) => exchange.status(400),
    "server/discover": (exchange) =>
      complete(exchange, { ...introduction, supportedVersions: ["2026-07-28"] }),
    "tools/call": (exchange) => complete(exchange, textResult(exchange.text ?? "")),
  },
};

/** Failures in a row that the runtime takes before it leaves a server alone, and fewer. */
const mostInARow = 3;

test.each(["legacy", "modern"])(
  "a call runs once at most, and not if its error says so, whichever byte the way to a %s server is cut at",
  async (era) => {
    await using server = await fakeServer(rules[era]);
    await using proxy = await cuttingProxy(server.origin);
    await using gateway = await remoteGateway({ url: `${proxy.origin}/mcp` });
    const client = await GatewayClient.connect(gateway);
    /** By value: whether a call was executed, as its answer says. */
    const told = new Map<string, "yes" | "no" | "unknown">();
    const call = async (cut?: Cut) => {
      // All values are equally long, so that each call has the same bytes.
      const text = `value-${String(told.size).padStart(5, "0")}`;
      Object.assign(proxy.passed, { client: 0, server: 0 });
      proxy.cut = cut;
      const { result, error } = await client.ask("tools/call", { name: "echo", arguments: { text } });
      if (result) expect(result.content).toEqual([{ type: "text", text }]);
      const executed = result ? "yes" : error?.data?.executed;
      told.set(text, executed as "yes" | "no" | "unknown");
      return executed;
    };

    // The first call may have company, the second is alone.
    for (let turn = 0; turn < 2; turn++) expect(await call()).toBe("yes");
    const { client: sent, server: answered } = proxy.passed;
    expect(sent).toBeGreaterThan(200);
    const cuts = [
      ...Array.from({ length: sent + 1 }, (_, after): Cut => ({ of: "client", after })),
      ...Array.from({ length: answered }, (_, after): Cut => ({ of: "server", after })),
    ];
    for (const [index, cut] of cuts.entries()) {
      if (index % mostInARow === 0) expect(await call()).toBe("yes");
      // Its answer never came whole.
      expect({ cut, executed: await call(cut) }).toEqual({ cut, executed: "unknown" });
    }

    await server.roundTrip();
    const texts = server.exchanges.flatMap(({ method, text = "" }) =>
      method === "tools/call" ? [text] : [],
    );
    const runs = Map.groupBy(texts, (text) => text);
    const counted = [...told].map(([text, executed]) => ({ executed, runs: runs.get(text)?.length ?? 0 }));
    const wrong = counted.filter(({ executed, runs }) =>
      executed === "yes" ? runs !== 1 : runs > (executed === "no" ? 0 : 1),
    );
    expect(wrong).toEqual([]);
  },
  60_000,
);
