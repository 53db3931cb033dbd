import type { Message } from "../../../support/message.ts";
import { type Behaviour, isMischief } from "../behaviour.ts";
import { result, said, tools } from "../honest.ts";

const megabyte = 1 << 20;
const schemaOfMegabyte = { type: "object", description: "x".repeat(megabyte) };
const everything = { tools: {}, prompts: {}, resources: { subscribe: true }, logging: {}, completions: {} };

/** Servers that are evil about what they can do and what they offer. */
export const listings = {
  "old-version": introduces("speaks 2024-11-05, whatever it is asked", { protocolVersion: "2024-11-05" }),
  "unknown-version": introduces("speaks a revision that is none", { protocolVersion: "1.0" }),
  "future-version": introduces("speaks a revision of the future", { protocolVersion: "2099-01-01" }),
  "hollow-capabilities": {
    what: "claims to have everything, and refuses every list",
    receive(message, wire, server) {
      const { id, method = "" } = message;
      if (method === "initialize")
        wire.send(result(id, { ...server.introduction(message.params ?? {}), capabilities: everything }));
      else if (method.endsWith("/list"))
        wire.send({ jsonrpc: "2.0", id, error: { code: -32601, message: `Method not found: ${method}` } });
      else server.receive(message, wire);
    },
  },
  "same-cursor": lists("lists its tools in a circle", () => ({ tools, nextCursor: "again" })),
  "endless-pages": lists("lists its tools on pages without an end", ({ params }) => ({
    tools: [],
    nextCursor: String(Number(params?.cursor ?? 0) + 1),
  })),
  "many-tools": lists("lists 100 000 tools", () => ({ tools: numberedTools(100_000, { type: "object" }) })),
  "large-schemas": lists("lists 20 tools with schemas of a megabyte", () => ({
    tools: numberedTools(20, schemaOfMegabyte),
  })),
  "large-image": {
    what: "answers with an image of 20 MB",
    receive(message, wire, server) {
      if (!isMischief(message)) return server.receive(message, wire);
      const data = "A".repeat(20 * megabyte);
      wire.send(result(message.id, { content: [{ type: "image", mimeType: "image/png", data }] }));
    },
  },
  "dirty-logs": {
    what: "writes escapes, line ends and secrets to stderr",
    receive(message, wire, server) {
      if (!isMischief(message)) return server.receive(message, wire);
      const forged = '{"level":"error","message":"Internal error"}';
      const escapes = "\x1b[2J\x1b]52;c;aGk=\x07 \x9b31m \u202e \u2028 \0";
      const line = `dirty ${escapes} ${process.env.EVIL_SECRET}\r${forged}\n`;
      process.stderr.write(line, () => wire.send(said(message.id, "survived")));
    },
  },
} satisfies Record<string, Behaviour>;

function introduces(what: string, introduction: object): Behaviour {
  return {
    what,
    receive(message, wire, server) {
      if (message.method !== "initialize") return server.receive(message, wire);
      wire.send(result(message.id, { ...server.introduction({}), ...introduction }));
    },
  };
}

function lists(what: string, page: (message: Message) => object): Behaviour {
  return {
    what,
    receive(message, wire, server) {
      if (message.method === "tools/list") wire.send(result(message.id, page(message)));
      else server.receive(message, wire);
    },
  };
}

function numberedTools(count: number, inputSchema: object): object[] {
  return Array.from({ length: count }, (_, index) => ({ name: `tool-${index}`, inputSchema }));
}
