import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { headerOf } from "../src/header.ts";
import { raw, served } from "./support/http.ts";

const request = (...rawHeaders: string[]) => ({ rawHeaders }) as IncomingMessage;

describe("a header", () => {
  it("is found by its name in any case, and by nothing else", () => {
    const incoming = request("Accept-Encoding", "gzip", "ACCEPT", "a/b", "accept", "");
    expect(headerOf(request("ACCEPT", "a/b"), "accept")).toBe("a/b");
    expect(headerOf(incoming, "accept")).toBe("a/b, ");
    expect(headerOf(incoming, "accepz")).toBeUndefined();
    expect(headerOf(request(), "accept")).toBeUndefined();
  });

  it("is no value that stands where a name would", () => {
    expect(headerOf(request("x", "accept", "y", "b"), "accept")).toBeUndefined();
  });
});

it("a session id that is sent twice is none that is known", async () => {
  const { port, gateway } = await served();
  const head = [
    "POST /mcp HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    "Content-Length: 2",
  ];
  const request = [...head, "Mcp-Session-Id: a", "Mcp-Session-Id: b", "", "{}"].join("\r\n");
  expect((await raw(port, request)).status).toBe(404);
  expect(gateway.requests).toEqual([]);
});

it("a host is looked at in every request, also after one that was served", async () => {
  const { port } = await served();
  const ask = async (...hosts: string[]) => {
    const { status } = await raw(
      port,
      ["GET /health HTTP/1.1", ...hosts, "Connection: close", "", ""].join("\r\n"),
    );
    return status;
  };
  expect(await ask("Host: localhost")).toBe(200);
  expect(await ask("Host: evil.example")).toBe(403);
  expect(await ask("Host: localhost", "Host: localhost")).toBe(400);
  expect(await ask("Host: localhost")).toBe(200);
});
