import { afterEach, expect, it, vi } from "vitest";
import * as app from "../src/app.ts";
import { call, served } from "./support/http.ts";

vi.mock("../src/app.ts", { spy: true });
afterEach(() => void vi.mocked(app.createApp).mockReset());

it("routes that can not be loaded are a fault that is told, and tried again with the next request", async () => {
  const events: unknown[] = [];
  const { url } = await served({ onEvent: (event) => events.push(event) });
  const error = new Error("too many open files");
  vi.mocked(app.createApp).mockImplementationOnce(() => {
    throw error;
  });
  const refused = await call(`${url}/health`);
  expect([refused.status, refused.json.reason]).toEqual([500, "internal"]);
  expect(refused.text).not.toContain(error.message);
  expect(events).toEqual([{ type: "http-error", error }]);
  expect((await call(`${url}/health`)).status).toBe(200);
});

it("routes are loaded once, with the first request that needs them", async () => {
  const { url } = await served();
  expect(app.createApp).not.toHaveBeenCalled();
  await Promise.all([call(`${url}/health`), call(`${url}/readyz`), call(`${url}/servers`)]);
  expect(app.createApp).toHaveBeenCalledTimes(1);
});
