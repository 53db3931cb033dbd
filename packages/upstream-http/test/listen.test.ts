import { describe, expect, test } from "vitest";
import { listen } from "../src/listen.ts";
import { answered, eventsOf, type Next, refusedConnection, statusOf } from "./support/responses.ts";

const url = new URL("http://127.0.0.1/mcp");

describe("the stream of what nobody asked for", () => {
  test("is opened again where it was when it ends, and grows patient with one that ends at once", async () => {
    const heard = await listenTo([
      eventsOf('id: 0\ndata:\n\nid: 1\ndata: {"a":1}\n\n'),
      eventsOf(": nothing\n\n"),
      eventsOf(": nothing\n\n"),
      eventsOf('id: 2\ndata: {"a":2}\n\n'),
      statusOf(405),
    ]);
    expect(heard.asked).toEqual([undefined, "1", "1", "1", "2"]);
    expect(heard.said).toEqual(['{"a":1}', '{"a":2}']);
    expect(heard.pauses).toEqual([1000, 2000, 4000, 1000]);
  });

  test("is not asked for again where there is none", async () => {
    for (const status of [400, 401, 404, 405, 200, 302]) {
      const heard = await listenTo([statusOf(status), eventsOf("")]);
      expect(heard.asked).toHaveLength(1);
    }
  });

  test("is asked for again while the server is ill, or holds the old stream to be alive", async () => {
    const heard = await listenTo([statusOf(503), statusOf(409), statusOf(429), statusOf(405)]);
    expect(heard.asked).toHaveLength(4);
    expect(heard.pauses).toEqual([1000, 2000, 4000]);
  });

  test("tells the end of the session, and that nobody is there", async () => {
    expect((await listenTo([eventsOf(""), statusOf(404)])).end).toBe("lost");
    expect((await listenTo([eventsOf(""), refusedConnection])).end).toBe("gone");
  });

  test("leaves it to a call in flight to find out that nobody is there", async () => {
    const heard = await listenTo([refusedConnection, refusedConnection, statusOf(405)], true);
    expect(heard).toMatchObject({ end: undefined, pauses: [1000, 2000] });
  });
});

async function listenTo(nexts: Next[], isBusy = false) {
  const heard = {
    asked: [] as (string | undefined)[],
    said: [] as string[],
    pauses: [] as number[],
    end: undefined as string | undefined,
  };
  await listen({
    url,
    signal: new AbortController().signal,
    isBusy: () => isBusy,
    request(lastEventId) {
      heard.asked.push(lastEventId);
      return answered(nexts.shift());
    },
    deliver: (data) => void heard.said.push(data),
    onSessionLost() {
      heard.end = "lost";
    },
    onGone() {
      heard.end = "gone";
    },
    pause: async (ms) => void heard.pauses.push(ms),
  });
  return heard;
}
