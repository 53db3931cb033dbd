import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import {
  bridged,
  event,
  flow,
  gatewayThat,
  initialize,
  initialized,
  list,
  type Message,
  ok,
  open,
} from "./support/conversation.ts";

const ask = (id: unknown, token?: unknown) => ({
  jsonrpc: "2.0",
  id,
  method: "elicitation/create",
  params: { _meta: { progressToken: token } },
});
const reply = (id: unknown) => ({ jsonrpc: "2.0", id, result: { action: "accept" } });
const progress = (progressToken: unknown) => ({
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progressToken, progress: 1 },
});
const cancel = (requestId: unknown) => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId },
});

/** What was posted and is no request of the client, with its session. */
async function noting(stream: (outgoing: ServerResponse, session: string) => void) {
  const posted: [string, Message][] = [];
  const noted = new Set<() => void>();
  let sessions = 0;
  let known = "";
  const gateway = await gatewayThat(
    (message, outgoing, incoming) => {
      if (message.method === "initialize") known = `s${++sessions}`;
      const session = String(incoming.headers["mcp-session-id"]);
      if (open(message, outgoing, known)) return;
      if (message.method === undefined) {
        posted.push([session, message]);
        outgoing.writeHead(session === known ? 202 : 404).end();
        for (const look of noted) look();
      } else if (session !== known) outgoing.writeHead(404).end();
      else ok(message, outgoing);
    },
    stream,
    (message, outgoing, incoming) => {
      posted.push([String(incoming.headers["mcp-session-id"]), message]);
      outgoing.writeHead(202).end();
      for (const look of noted) look();
    },
  );
  return {
    ...gateway,
    posted,
    forget: () => {
      known = "forgotten";
    },
    /** Resolves once so much was posted. */
    noted: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (posted.length < count) return;
          noted.delete(look);
          resolve();
        };
        noted.add(look);
        look();
      }),
  };
}

test("ids and tokens keep their types, both ways", async () => {
  const questions = [
    ask(1, 0),
    ask("1", ""),
    ask(0, "0"),
    ask("", 1),
    progress(0),
    progress(""),
    cancel("1"),
  ];
  const { url, posted, noted } = await noting((outgoing) => {
    flow(outgoing, questions.map((question, index) => event(`${index}`, question)).join(""));
  });
  const client = bridged(url);
  client.send(initialize, initialized);
  expect((await client.received(8)).slice(1)).toEqual(questions);
  const answers = [
    reply(""),
    reply(0),
    progress(0),
    progress(""),
    progress("0"),
    cancel(0),
    cancel("0"),
    reply(1),
  ];
  client.send(...answers);
  await noted(1 + answers.length);
  const messages = posted.slice(1).map(([, message]) => message);
  expect(messages).toHaveLength(answers.length);
  expect(messages).toEqual(expect.arrayContaining(answers));
  await client.finish();
});

test("calls with the ids 1 and '1' are told apart, and one is cancelled alone", async () => {
  const held = new Map<unknown, () => void>();
  const { url, saw } = await gatewayThat((message, outgoing) => {
    if (!open(message, outgoing)) held.set(message.id, () => ok(message, outgoing));
  });
  const client = bridged(url);
  client.send(initialize);
  await client.received(1);
  client.send(list(1), list("1"), list(0), list(""));
  await saw("POST tools/list s1", 4);
  client.send(cancel("1"), cancel(0));
  await saw("POST notifications/cancelled s1", 2);
  for (const answer of held.values()) answer();
  const lines = await client.finish();
  expect(lines.map(({ id }) => id).slice(1)).toHaveLength(2);
  expect(lines.map(({ id }) => id)).toEqual(expect.arrayContaining([1, ""]));
});

test("an id that is in flight can not be used again, but for one that is cancelled", async () => {
  const held: (() => void)[] = [];
  const { url, seen, saw } = await gatewayThat((message, outgoing) => {
    if (!open(message, outgoing)) held.push(() => ok(message, outgoing));
  });
  const client = bridged(url);
  client.send(initialize, list(1));
  await saw("POST tools/list s1");
  client.send(list(1));
  expect((await client.received(2))[1]).toMatchObject({ id: 1, error: { code: -32600 } });
  client.send(cancel(1), list(1));
  await saw("POST notifications/cancelled s1");
  await saw("POST tools/list s1", 2);
  for (const answer of held) answer();
  expect((await client.finish()).slice(2)).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
  expect(seen.filter((line) => line === "POST tools/list s1")).toHaveLength(2);
});

test("what is no request reaches the gateway in the order it was said", async () => {
  const held: (() => void)[] = [];
  const { url, seen, saw } = await gatewayThat(
    (message, outgoing) => {
      if (open(message, outgoing)) return;
      held.push(() => outgoing.writeHead(202).end());
    },
    (outgoing) => void flow(outgoing, event("1", ask(1, "t"))),
    (message, outgoing) => {
      if (message.method === initialized.method) outgoing.writeHead(202).end();
      else held.push(() => outgoing.writeHead(202).end());
    },
  );
  const client = bridged(url);
  client.send(initialize, initialized);
  await client.received(2);
  client.send(progress("t"), reply(1), progress("u"), list(2));
  // The request does not wait for the rest.
  await saw("POST tools/list s1");
  await saw("POST notifications/progress s1");
  expect(seen.filter((line) => line === "POST s1")).toHaveLength(0);
  for (const answer of held.splice(0)) answer();
  await saw("POST s1");
  expect(seen.filter((line) => line === "POST notifications/progress s1")).toHaveLength(1);
  for (const answer of held.splice(0)) answer();
  await saw("POST notifications/progress s1", 2);
  for (const answer of held.splice(0)) answer();
  await client.finish();
});

test("an answer goes to the session that asked, never to the one that took its place", async () => {
  const { url, posted, saw, noted, forget } = await noting((outgoing, session) => {
    flow(outgoing, event("1", session === "s1" ? ask(7) : ask(8)));
  });
  const client = bridged(url);
  client.send(initialize, initialized);
  await client.received(2);
  forget();
  client.send(list(1));
  await saw("GET s2");
  // The client is told that nobody waits any more.
  const lines = await client.received(5);
  expect(lines).toContainEqual({
    ...cancel(7),
    params: { requestId: 7, reason: expect.stringContaining("forgotten") },
  });
  client.send(reply(7), reply("8"), reply(8));
  await noted(3);
  await client.finish();
  expect(posted.filter(([, { method }]) => method === undefined)).toEqual([["s2", reply(8)]]);
});

test("an answer to a question that the gateway took back is not sent", async () => {
  const { url, posted, noted } = await noting((outgoing) => {
    flow(outgoing, event("1", ask(1)) + event("2", cancel(1)) + event("3", ask(2)));
  });
  const client = bridged(url);
  client.send(initialize, initialized);
  await client.received(4);
  client.send(reply(1), reply(2), reply(2));
  await noted(2);
  await client.finish();
  expect(posted.slice(1)).toEqual([["s1", reply(2)]]);
});
