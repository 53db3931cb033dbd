import { describe, expect, test } from "vitest";
import { bridged, gatewayThat, initialize, initialized, list, ok, open } from "./support/conversation.ts";

describe("order and end", () => {
  test("what the client sends after initialize waits for its answer", async () => {
    let answer = () => {};
    const { url, seen, saw } = await gatewayThat((message, outgoing) => {
      if (message.method === "initialize") answer = () => void open(message, outgoing);
      else ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize, initialized, list(1));
    await saw("POST initialize -");
    // The bridge has read all three by now: they came in one chunk.
    expect(seen).toEqual(["POST initialize -"]);
    answer();
    expect((await client.finish()).map(({ id }) => id)).toEqual([0, 1]);
  });

  test("a request in flight at the end of the input is answered; then the session ends", async () => {
    let answer = () => {};
    const { url, seen, saw } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) answer = () => ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    await saw("POST tools/list s1");
    const lines = client.finish();
    answer();
    expect(await lines).toMatchObject([{ id: 0 }, { id: 1, result: {} }]);
    expect(seen.at(-1)).toBe("DELETE s1");
  });

  test.each(["tools/list", "initialize"])(
    "a %s that is never answered holds the end up for so long only",
    async (method) => {
      const { url, seen } = await gatewayThat((message, outgoing) => {
        if (message.method !== method) open(message, outgoing);
      });
      const client = bridged(url, { answerTimeMs: 50 });
      client.send(initialize, list(1));
      const lines = await client.finish();
      expect(lines.at(-1)).toMatchObject({
        id: 1,
        error: { data: { reason: "upstream_timeout", executed: "unknown" } },
      });
      if (method === "tools/list") expect(seen.at(-1)).toBe("DELETE s1");
    },
  );

  test("an abort ends it at once", async () => {
    const { url, seen, saw } = await gatewayThat((message, outgoing) => void open(message, outgoing));
    const ending = new AbortController();
    const client = bridged(url, { signal: ending.signal });
    client.send(initialize, list(1));
    await saw("POST tools/list s1");
    ending.abort();
    await client.done;
    expect(seen.at(-1)).toBe("DELETE s1");
  });
});
