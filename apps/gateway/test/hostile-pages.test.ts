import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { describeWithBrowser, openPage } from "./support/browser.ts";
import { RunningGateway, Sandbox, scripted } from "./support/omg.ts";
import { listener, traced } from "./support/traced.ts";

const page = readFileSync(new URL("fixtures/hostile-page.html", import.meta.url));

/** Serves the page that tries everything; `results` resolves with what came of it. */
async function hostilePage() {
  const { promise: results, resolve } = Promise.withResolvers<Record<string, string>>();
  const url = await listener((request, response) => {
    if (request.url !== "/done") {
      response.writeHead(200, { "content-type": "text/html" }).end(page);
      return;
    }
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      response.end();
      resolve(JSON.parse(body));
    });
  });
  return { port: new URL(url).port, results };
}

describeWithBrowser("a page in a browser", () => {
  test("of another site reads nothing, starts nothing and opens nothing, by any means it has", async () => {
    const { gateway, sandbox, hasStarted } = await traced();
    const { port, results } = await hostilePage();
    const address = `http://evil.example:${port}/?gateway=${encodeURIComponent(gateway.url)}`;
    await using _browser = openPage(sandbox, address, ["evil.example"]);
    const found = await results;
    const readable = Object.entries(found).filter(([, result]) => /^read|^opened$|^loaded$/.test(result));
    expect(readable).toEqual([]);
    // What it can not read it could send, and was refused.
    expect(found).toMatchObject({
      "fetch without CORS": "opaque",
      start: "opaque",
      form: "sent",
      "text form": "sent",
    });
    expect([hasStarted(), (await gateway.json("/stats")).total_requests]).toEqual([false, 0]);
    await gateway.stop();
    expect(gateway.log.filter(({ message }) => message === "Session started")).toEqual([]);
  }, 120_000);

  test("of an origin that is listed reads and calls, as the same tries show", async () => {
    const sandbox = new Sandbox();
    onTestFinished(() => sandbox[Symbol.dispose]());
    const { port, results } = await hostilePage();
    const origin = `http://friend.example:${port}`;
    const servers = [{ id: "s", runtime: scripted() }];
    const config = sandbox.write("config.yaml", { cors_enabled: true, cors_origins: [origin], servers });
    await using gateway = await RunningGateway.start(sandbox, ["--config", config]);
    const address = `${origin}/?gateway=${encodeURIComponent(gateway.url)}`;
    await using _browser = openPage(sandbox, address, ["friend.example"]);
    expect(await results).toMatchObject({
      "fetch JSON": "read 200",
      "fetch a list": "read 200",
      "event source": "opened",
    });
  }, 120_000);

  test("that shows what servers say runs none of it", async () => {
    const sandbox = new Sandbox();
    onTestFinished(() => sandbox[Symbol.dispose]());
    let ran = 0;
    const canary = await listener((_request, response) => {
      ran++;
      response.end();
    });
    const script = `<script>fetch("${canary}")</script><img src=x onerror='fetch("${canary}")'>`;
    const servers = [
      { id: `<img src="${canary}">`, description: script, tags: [script], runtime: scripted() },
    ];
    const catalog = sandbox.write("catalog.yaml", { servers });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const { promise: shown, resolve } = Promise.withResolvers<void>();
    let frames = 0;
    const paths = [
      "/servers",
      `/servers/${encodeURIComponent(servers[0]?.id ?? "")}`,
      "/stats",
      `/${script}`,
    ];
    const frame = (path: string) =>
      `<iframe src="${gateway.url}${encodeURI(path).replaceAll("'", "%27")}" onload="fetch('/loaded')"></iframe>`;
    // A page of this machine may show them.
    const viewer = await listener((request, response) => {
      if (request.url === "/loaded" && ++frames === paths.length) resolve();
      response.writeHead(200, { "content-type": "text/html" }).end(paths.map(frame).join(""));
    });
    await using _browser = openPage(sandbox, viewer.replace("127.0.0.1", "localhost"));
    await shown;
    expect(ran).toBe(0);
  }, 120_000);
});
