import { describe, expect, test } from "vitest";
import { idOf } from "../src/client/stdio-client.ts";

const long = "x".repeat(100);

describe("the client finds whose an answer over stdio is", () => {
  test.each([
    ["at the end", `{"result":{"text":"${long}"},"jsonrpc":"2.0","id":12}`, 12],
    ["at the front", `{"jsonrpc":"2.0","id":34,"result":{"text":"${long}"}}`, 34],
    [
      "and nobody's in a notification",
      `{"jsonrpc":"2.0","method":"notifications/x","params":{}}`,
      Number.NaN,
    ],
  ])("by an id %s, however it is cut", (_, frame, id) => {
    for (let cut = 0; cut < frame.length; cut++) {
      const pieces = [frame.slice(0, cut), frame.slice(cut)].map((piece) => Buffer.from(piece));
      expect(idOf(pieces), `cut at ${cut}`).toBe(id);
    }
  });
});
