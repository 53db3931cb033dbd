import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeServer, fakeServer } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

interface Offer {
  readonly resources?: string[];
  readonly templates?: string[];
  readonly tools?: Params[];
  /** What its one tool says. */
  readonly content?: unknown[];
}

function offering({
  resources = [],
  templates = [],
  tools = [{ name: "t" }],
  content = [],
}: Offer): FakeServer {
  return fakeServer(
    {},
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {} },
          serverInfo: { name: "o", version: "1" },
        }),
        "tools/list": () => ({ tools }),
        "tools/call": () => ({ content, structuredContent: { uri: "x:1" } }),
        "prompts/list": () => ({ prompts: [{ name: "p" }] }),
        "prompts/get": () => ({ messages: content.map((block) => ({ role: "user", content: block })) }),
        "resources/list": () => ({ resources: resources.map((uri) => ({ uri, name: uri })) }),
        "resources/templates/list": () => ({
          resourceTemplates: templates.map((uriTemplate) => ({ uriTemplate, name: uriTemplate })),
        }),
        "resources/read": ({ uri }) => ({ contents: [{ uri, text: "content" }] }),
        "resources/subscribe": () => ({}),
        "completion/complete": ({ ref }) => ({ completion: { values: [(ref as { uri: string }).uri] } }),
      },
    },
  );
}

async function listOf(client: TestClient, kind = "resources", method = "resources/list"): Promise<unknown[]> {
  const key = kind === "resources" ? "uri" : "uriTemplate";
  const result = await client.result(method);
  return (result[kind] as Record<string, unknown>[]).map((item) => item[key]);
}

const readUri = async (client: TestClient, uri: string) =>
  ((await client.result("resources/read", { uri })).contents as { uri: string }[])[0]?.uri;

describe("URIs on the aggregate", () => {
  test("that one server lists stay as they are", async () => {
    const { gateway } = await testGateway({
      a: offering({ resources: ["x:1"] }),
      b: offering({ resources: ["x:2"] }),
    });
    const client = await TestClient.connect(gateway);
    expect(await listOf(client)).toEqual(["x:1", "x:2"]);
    expect(await readUri(client, "x:2")).toBe("x:2");
  });

  test("that several list carry the server's name, in the list, a read, a subscription and an update", async () => {
    const { gateway, runtime, events } = await testGateway({
      a: offering({ resources: ["x:1", "x:a"] }),
      b: offering({ resources: ["x:1"] }),
    });
    const client = await TestClient.connect(gateway);
    expect(await listOf(client)).toEqual(["omg:a/x:1", "x:a", "omg:b/x:1"]);
    expect(await readUri(client, "omg:b/x:1")).toBe("omg:b/x:1");
    const [, b] = runtime.instances;
    expect(b?.received.at(-1)).toMatchObject({ method: "resources/read", params: { uri: "x:1" } });
    await client.result("resources/subscribe", { uri: "omg:b/x:1" });
    expect(b?.received.at(-1)).toMatchObject({ method: "resources/subscribe", params: { uri: "x:1" } });
    for (const instance of runtime.instances) {
      instance.say({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: "x:1" } });
    }
    await settle();
    const updates = client.received.filter(
      (message) => "method" in message && message.method.endsWith("updated"),
    );
    expect(updates).toMatchObject([{ params: { uri: "omg:b/x:1" } }]);
    expect(await client.refusal("resources/read", { uri: "x:1" })).toMatchObject({
      reason: "unknown_resource",
      message: expect.stringContaining("several servers use it"),
    });
    expect(events.filter(({ type }) => type === "server-warning")).toHaveLength(2);
  });

  test("are told apart in tool results, prompts and embedded resources, and nowhere else", async () => {
    const content = [
      { type: "resource_link", uri: "x:1", name: "one" },
      { type: "resource", resource: { uri: "x:1", text: "x:1" } },
      { type: "resource_link", uri: "https://a.example/", name: "elsewhere" },
      { type: "text", text: '"resource_link" x:1' },
    ];
    const { gateway } = await testGateway({
      a: offering({ resources: ["x:1"], content }),
      b: offering({ resources: ["x:1"] }),
    });
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    const told = [
      { type: "resource_link", uri: "omg:a/x:1", name: "one" },
      { type: "resource", resource: { uri: "omg:a/x:1", text: "x:1" } },
      ...content.slice(2),
    ];
    expect(await client.result("tools/call", { name: "a__t" })).toEqual({
      content: told,
      structuredContent: { uri: "x:1" },
    });
    const prompt = await client.result("prompts/get", { name: "a__p" });
    expect((prompt.messages as { content: unknown }[]).map((message) => message.content)).toEqual(told);
    const one = await TestClient.connect(gateway, "a");
    expect((await one.result("tools/call", { name: "t" })).content).toEqual(content);
  });

  test("made from a template that several have lead to the server whose template it was", async () => {
    const templates = ["x://{id}/{?q}"];
    const { gateway } = await testGateway({ a: offering({ templates }), b: offering({ templates }) });
    const client = await TestClient.connect(gateway);
    expect(await listOf(client, "resourceTemplates", "resources/templates/list")).toEqual([
      "omg:a/x://{id}/{?q}",
      "omg:b/x://{id}/{?q}",
    ]);
    expect(await readUri(client, "omg:b/x://a%20b/?q=%2F")).toBe("omg:b/x://a%20b/?q=%2F");
    const { completion } = await client.result("completion/complete", {
      ref: { type: "ref/resource", uri: "omg:b/x://{id}/{?q}" },
      argument: { name: "id", value: "" },
    });
    expect(completion).toEqual({ values: ["x://{id}/{?q}"] });
  });

  test("that a server makes up to look like another's lead to nobody but itself", async () => {
    const { gateway, runtime } = await testGateway({
      evil: offering({ resources: ["omg:good/x:1"] }),
      good: offering({ resources: ["x:1"] }),
    });
    const client = await TestClient.connect(gateway);
    expect(await listOf(client)).toEqual(["omg:evil/omg:good/x:1", "x:1"]);
    await readUri(client, "omg:good/x:1");
    expect(runtime.instances[1]?.received.at(-1)).toMatchObject({ params: { uri: "x:1" } });
    await readUri(client, "omg:evil/omg:good/x:1");
    expect(runtime.instances[0]?.received.at(-1)).toMatchObject({ params: { uri: "omg:good/x:1" } });
  });

  test("that nobody lists go to nobody, whoever has others of their scheme", async () => {
    const { gateway, runtime } = await testGateway({
      a: offering({ resources: ["file:///notes"] }),
      b: offering({ resources: ["y:1"] }),
    });
    const client = await TestClient.connect(gateway);
    await listOf(client);
    for (const uri of ["file:///etc/passwd", "y:2", "z:1", "", "file:///notes/", "FILE:///notes"]) {
      for (const method of ["resources/read", "resources/subscribe", "resources/unsubscribe"]) {
        expect(await client.refusal(method, { uri })).toMatchObject({ reason: "unknown_resource" });
      }
    }
    const asked = runtime.instances.flatMap(({ received }) => received);
    expect(asked.filter((message) => "method" in message && /read|subscribe$/.test(message.method))).toEqual(
      [],
    );
  });

  test("that nobody lists go to the only server that there is, if it has others of their scheme", async () => {
    const { gateway } = await testGateway({ a: offering({ resources: ["x:1"] }) });
    const client = await TestClient.connect(gateway);
    expect(await readUri(client, "x:2")).toBe("x:2");
    expect(await client.refusal("resources/read", { uri: "y:2" })).toMatchObject({
      reason: "unknown_resource",
    });
  });

  test("of more than 4096 characters come from no template", async () => {
    const { gateway } = await testGateway({
      a: offering({ templates: ["x:{id}"] }),
      b: offering({ resources: ["y:1"] }),
    });
    const client = await TestClient.connect(gateway);
    await listOf(client);
    const long = `x:${"a".repeat(4094)}`;
    expect(await readUri(client, long)).toBe(long);
    expect(await client.refusal("resources/read", { uri: `${long}a` })).toMatchObject({
      reason: "unknown_resource",
    });
  });

  test("that a server links to without listing them lead back to it, but for addresses of the web", async () => {
    const content = ["x:dynamic", "other:1", "https://a.example/"].map((uri) => ({
      type: "resource_link",
      uri,
    }));
    const { gateway, runtime } = await testGateway({
      a: offering({ resources: ["x:1", "https://a.example/listed"], content }),
      b: offering({ resources: ["x:2"] }),
    });
    const client = await TestClient.connect(gateway);
    await listOf(client);
    const links = (await client.result("tools/call", { name: "a__t" })).content as { uri: string }[];
    expect(links.map(({ uri }) => uri)).toEqual(["omg:a/x:dynamic", "other:1", "https://a.example/"]);
    expect(await readUri(client, "omg:a/x:dynamic")).toBe("omg:a/x:dynamic");
    expect(runtime.instances[0]?.received.at(-1)).toMatchObject({ params: { uri: "x:dynamic" } });
  });

  test("that only a tool names, for what shows it, lead to its server", async () => {
    const tools = [{ name: "t", _meta: { ui: { resourceUri: "ui://x" } } }];
    const { gateway, runtime } = await testGateway({
      a: offering({ resources: ["x:1"], tools }),
      b: offering({ resources: ["ui://y"] }),
    });
    const client = await TestClient.connect(gateway);
    const listed = (await client.result("tools/list")).tools as Params[];
    expect(listed[0]?._meta).toEqual({ ui: { resourceUri: "ui://x" } });
    expect(await readUri(client, "ui://x")).toBe("ui://x");
    expect(runtime.instances[0]?.received.at(-1)).toMatchObject({ params: { uri: "ui://x" } });
  });

  test("in a tool's user interface are told apart too", async () => {
    const tools = [{ name: "t", _meta: { ui: { resourceUri: "ui://x" }, "ui/resourceUri": "ui://x" } }];
    const { gateway } = await testGateway({
      a: offering({ resources: ["ui://x"], tools }),
      b: offering({ resources: ["ui://x"] }),
    });
    const client = await TestClient.connect(gateway);
    const [tool] = (await client.result("tools/list")).tools as Params[];
    expect(tool).toEqual({
      name: "a__t",
      _meta: { ui: { resourceUri: "omg:a/ui://x" }, "ui/resourceUri": "omg:a/ui://x" },
    });
  });
});
