import { PassThrough } from "node:stream";
import { type Frame, frameOf, type JsonRpcMessage, OmgError, type RequestId } from "@omg/core";
import { describe, expect, test } from "vitest";
import { BatchingTransport } from "../src/batching-transport.ts";

const request = (id: RequestId, method = "tools/call") => ({ jsonrpc: "2.0", id, method }) as const;
const note = { jsonrpc: "2.0", method: "notifications/initialized" } as const;
const answer = (id: RequestId) => ({ jsonrpc: "2.0", id, result: {} }) as const;
const cancelled = (requestId: RequestId) =>
  ({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } }) as const;

/** A transport whose client has settled on a revision, if on any. */
async function connected(protocolVersion?: string) {
  const input = new PassThrough();
  const output = new PassThrough();
  const transport = new BatchingTransport({ input, output });
  const received: Frame[] = [];
  const errors: Error[] = [];
  transport.onframe = (frame) => received.push(frame);
  transport.onerror = (error) => errors.push(error);
  await transport.start();
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Resolves once the line is read. */
  const feed = async (line: unknown) => {
    input.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
    await turn();
  };
  /** The lines that came out since the last call. */
  const lines = async () => {
    await turn();
    const text = String(output.read() ?? "");
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  };
  const send = (message: JsonRpcMessage) => transport.sendFrame(frameOf(message));
  if (protocolVersion !== undefined) {
    await feed(request("init", "initialize"));
    await send({ jsonrpc: "2.0", id: "init", result: { protocolVersion } });
    await lines();
    received.length = 0;
  }
  return { transport, input, output, received, errors, feed, lines, send };
}

describe("a batch", () => {
  test("is handed on message by message, and answered on one line when all answers are there", async () => {
    const { received, feed, lines, send } = await connected("2025-03-26");
    await feed([request(1), note, request("1"), answer(7), request(2)]);
    expect(received.map(({ head }) => head.id ?? head.method)).toEqual([1, note.method, "1", 7, 2]);
    await send(answer("1"));
    await send(answer(2));
    expect(await lines()).toEqual([]);
    await send(answer(1));
    expect(await lines()).toEqual([[answer("1"), answer(2), answer(1)]]);
    await send(answer(1));
    expect(await lines()).toEqual([answer(1)]);
  });

  test("does not hold up what is no answer of its own, whatever ids that has", async () => {
    const { feed, lines, send } = await connected("2025-03-26");
    await feed([request(1), request(2)]);
    await feed(request(3));
    await send(answer(1));
    await send({ jsonrpc: "2.0", id: 2, method: "roots/list" });
    await send(note);
    await send(answer(3));
    expect(await lines()).toEqual([{ jsonrpc: "2.0", id: 2, method: "roots/list" }, note, answer(3)]);
    await send(answer(2));
    expect(await lines()).toEqual([[answer(1), answer(2)]]);
  });

  test("of notifications and answers gets no line", async () => {
    const { received, errors, feed, lines } = await connected("2025-03-26");
    await feed([note, answer(1)]);
    expect(received).toHaveLength(2);
    expect(await lines()).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("is answered as a batch, also when it holds one request, and with an error", async () => {
    const { feed, lines, send } = await connected("2025-03-26");
    await feed([request(1)]);
    const error = { jsonrpc: "2.0", id: 1, error: { code: -32601, message: "no" } } as const;
    await send(error);
    expect(await lines()).toEqual([[error]]);
  });

  test("is told from other batches and from requests that came alone", async () => {
    const { feed, lines, send } = await connected("2025-03-26");
    await feed([request(1), request(2)]);
    await feed([request(3), request(4)]);
    for (const id of [1, 3, 4, 2]) await send(answer(id));
    expect(await lines()).toEqual([
      [answer(3), answer(4)],
      [answer(1), answer(2)],
    ]);
  });

  test("that is answered while it is handed on waits for the rest", async () => {
    const { transport, feed, lines } = await connected("2025-03-26");
    transport.onframe = ({ head }) => void transport.send(answer(head.id as RequestId));
    await feed([request(1), request(2)]);
    expect(await lines()).toEqual([[answer(1), answer(2)]]);
  });

  test("whose transport is closed is answered with what is there", async () => {
    const { transport, output, feed, send } = await connected("2025-03-26");
    await feed([request(1), request(2), request(3)]);
    await feed([request(4)]);
    await send(answer(3));
    await transport.close();
    expect(JSON.parse(String(output.read()))).toEqual([answer(3)]);
  });
});

describe("a request of a batch that is cancelled", () => {
  test("owes no answer", async () => {
    const { received, feed, lines, send } = await connected("2025-03-26");
    await feed([request(1), request("1"), request(2)]);
    await feed(cancelled("1"));
    expect(received.at(-1)?.head.requestId).toBe("1");
    await send(answer(2));
    expect(await lines()).toEqual([]);
    await send(answer(1));
    expect(await lines()).toEqual([[answer(2), answer(1)]]);
  });

  test("lets the rest go when it was the last, or nothing when all are", async () => {
    const { feed, lines, send } = await connected("2025-03-26");
    await feed([request(1), request(2)]);
    await send(answer(1));
    await feed(cancelled(2));
    expect(await lines()).toEqual([[answer(1)]]);
    await feed([request(3), cancelled(3)]);
    expect(await lines()).toEqual([]);
    await feed(cancelled(3));
    await feed(cancelled(9));
    expect(await lines()).toEqual([]);
  });
});

describe("the id of a request in a batch", () => {
  test("can not be used again before its answer", async () => {
    const { received, errors, feed, lines, send } = await connected("2025-03-26");
    await feed([request(1), request(2)]);
    await feed(request(1));
    expect(await lines()).toMatchObject([{ id: 1, error: { code: -32600 } }]);
    await feed([request(3), request(2)]);
    expect(errors).toMatchObject([{ reason: "invalid_request", requestId: undefined }]);
    expect(received).toHaveLength(2);
    await send(answer(1));
    await send(answer(2));
    expect(await lines()).toEqual([[answer(1), answer(2)]]);
    await feed([request(1)]);
    await send(answer(1));
    expect(await lines()).toEqual([[answer(1)]]);
  });
});

describe("an array is refused", () => {
  test.each([undefined, "2024-11-05", "2025-06-18", "2025-11-25"])("in revision %s", async (version) => {
    const { received, errors, feed } = await connected(version);
    await feed([request(1)]);
    expect(errors).toMatchObject([
      { reason: "invalid_request", message: expect.stringContaining("2025-03-26") },
    ]);
    expect(received).toEqual([]);
  });

  test("before the handshake is answered, and after one that failed", async () => {
    const { errors, feed, send } = await connected();
    await feed(request("init", "initialize"));
    await feed([request(1)]);
    await send({ jsonrpc: "2.0", id: "init", error: { code: -32603, message: "no" } });
    await send({ jsonrpc: "2.0", id: "other", result: { protocolVersion: "2025-03-26" } });
    await feed([request(1)]);
    expect(errors).toHaveLength(2);
  });

  test("as a whole when it is no batch", async () => {
    const { received, errors, feed } = await connected("2025-03-26");
    const many = Array.from({ length: 101 }, (_, id) => request(id));
    for (const line of ["[]", many, [request(1, "initialize")], [request(1), 7], "[{"]) await feed(line);
    expect(errors.map((error) => OmgError.is(error) && error.reason)).toEqual([
      ...Array.from({ length: 4 }, () => "invalid_request"),
      "parse_error",
    ]);
    expect(received).toEqual([]);
    await feed(many.slice(1));
    expect(received).toHaveLength(100);
  });
});

test("keeps long answers for a client that is slow to read, up to 64 MiB", async () => {
  const { send } = await connected();
  const long = (id: RequestId) => ({ ...answer(id), result: { text: "x".repeat(15 * 1024 * 1024) } });
  for (const id of [1, 2, 3, 4, 5]) await send(long(id));
  await expect(send(answer(6))).rejects.toMatchObject({ reason: "overloaded", detail: "queue_full" });
});

test("ends with its lines", async () => {
  const { transport, input } = await connected();
  const closed = new Promise<void>((resolve) => {
    transport.onclose = resolve;
  });
  input.end();
  await closed;
});

describe("a client of 2026-07-28, which never shakes hands", () => {
  const version = "2026-07-28";
  const _meta = { "io.modelcontextprotocol/protocolVersion": version };
  const modern = (id: RequestId) => ({ ...request(id, "tools/list"), params: { _meta } });

  test("is heard and answered message by message, and may not send a batch", async () => {
    const { received, errors, feed, lines, send } = await connected();
    await feed(modern(1));
    await feed(modern(2));
    await feed(cancelled(2));
    expect(received.map(({ head }) => [head.id ?? head.requestId, head.version])).toEqual([
      [1, version],
      [2, version],
      [2, undefined],
    ]);
    await send(answer(1));
    expect(await lines()).toEqual([answer(1)]);
    await feed([modern(3)]);
    expect([received.length, errors]).toMatchObject([3, [{ reason: "invalid_request" }]]);
  });
});
