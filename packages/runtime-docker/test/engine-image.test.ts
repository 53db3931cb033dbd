import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Engine } from "../src/engine/engine.ts";

/** An image as the engine gives it, when its API answers so. */
async function imageOf(answer: object) {
  const folder = await mkdtemp(join(tmpdir(), "omg-engine-"));
  const socketPath = join(folder, "engine.sock");
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  server.listen(socketPath);
  await once(server, "listening");
  try {
    return await new Engine({ socketPath }).image("some/image:1", new AbortController().signal);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
}

const known = { Id: "sha256:1", Os: "linux", Architecture: "arm64" };

test("an image without a user has none, whether the engine says so or leaves it out", async () => {
  const image = { id: "sha256:1", digests: [], platform: "linux/arm64", user: "", volumes: [] };
  // API 1.41 and 1.50: newer engines leave out what is empty.
  expect(await imageOf({ ...known, RepoDigests: [], Config: { User: "", Volumes: null } })).toEqual(image);
  expect(await imageOf({ ...known, Config: {} })).toEqual(image);
  expect(await imageOf({ ...known, Config: null })).toEqual(image);
});

test("an image has the user and the folders that it names", async () => {
  const answer = { ...known, RepoDigests: ["a@sha256:2"], Config: { User: "app", Volumes: { "/data": {} } } };
  expect(await imageOf(answer)).toEqual({
    id: "sha256:1",
    digests: ["a@sha256:2"],
    platform: "linux/arm64",
    user: "app",
    volumes: ["/data"],
  });
});
