import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import express from "express";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import { createHttpHandler, type HandlerOptions, type HttpHandler } from "../../src/index.ts";
import { StubGateway, serverStatus } from "./stub-gateway.ts";

/** Makes a server that hands what is below `/gateway` to the gateway, and echoes JSON at `/own`. */
export type Program = (handle: HttpHandler["handle"]) => Server;

const expressProgram: Program = (handle) => {
  const app = express();
  app.use("/gateway", handle);
  app.use(express.json());
  app.post("/own", (request, response) => void response.json({ got: request.body }));
  return createServer(app);
};

const honoProgram: Program = (handle) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all("/gateway/*", ({ env }) => {
    handle(env.incoming, env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  app.post("/own", async (context) => context.json({ got: await context.req.json() }));
  return createAdaptorServer(app) as Server;
};

const bareProgram: Program = (handle) =>
  createServer(async (incoming, outgoing) => {
    if (incoming.url?.startsWith("/gateway/")) return handle(incoming, outgoing);
    if (incoming.url !== "/own") return outgoing.writeHead(404).end();
    outgoing
      .setHeader("content-type", "application/json")
      .end(`{"got":${(await incoming.toArray()).join("")}}`);
  });

/** How each program is written, and what its handler must be told of it. */
export const programs: Readonly<Record<"Express 5" | "Hono" | "node:http", Embedding>> = {
  "Express 5": { program: expressProgram },
  Hono: { program: honoProgram, basePath: "/gateway" },
  "node:http": { program: bareProgram, basePath: "/gateway" },
};

export interface Embedding extends Partial<HandlerOptions> {
  readonly program?: Program;
}

/** A program that listens on 127.0.0.1 with a gateway in it, gone when the test is. */
export async function embedded({ program = expressProgram, ...options }: Embedding = {}) {
  const gateway = options.gateway ?? new StubGateway(serverStatus("pg"));
  const front = createHttpHandler({ ...options, gateway });
  const server = program(front.handle);
  const url = await listening(server);
  onTestFinished(() => front[Symbol.asyncDispose]());
  return { front, server, url, port: (server.address() as AddressInfo).port };
}

/** Listens until the test is over. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
