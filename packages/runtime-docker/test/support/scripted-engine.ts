import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verbOf } from "./engine-verbs.ts";

export interface ScriptedAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** Something on a socket that answers an engine's verbs as it is told, and the rest with 404. */
export async function scriptedEngine(answers: Readonly<Record<string, ScriptedAnswer>>) {
  const folder = mkdtempSync(join(tmpdir(), "omg-scripted-engine-"));
  const socketPath = join(folder, "engine.sock");
  const server = createServer((request, response) => {
    const { status = 200, body } = answers[verbOf(request.method, request.url)] ?? { status: 404, body: {} };
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
