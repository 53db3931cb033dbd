import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithEngine } from "../packages/runtime-docker/test/support/engine.ts";
import { describeWithCluster, testNamespace } from "../packages/runtime-k8s/test/support/cluster.ts";
import { writeKubeconfig } from "../packages/runtime-k8s/test/support/kubeconfig.ts";
import { type Block, blocksIn, blocksOf, pages, stepsOf } from "./support/docs/blocks.ts";
import { followPage, quickStart } from "./support/docs/follow-page.ts";
import { isSameOutput } from "./support/docs/same-output.ts";
import { Terminal, type TerminalOptions } from "./support/docs/terminal.ts";
import { repositoryRoot } from "./support/workspace.ts";

const atATerminal = pages.filter((page) => blocksOf(page).some(({ language }) => language === "console"));
const withContainers = ["docs/runtimes/docker.md"];
const withPods = ["docs/runtimes/kubernetes.md"];
/** What test/deploy follows. */
const withDeployments = ["docs/deploy.md"];
/** The program with all parts of Kubernetes. */
const kubernetes = "/var/lib/omg-engines/hyperkube";
const laptopToCluster = "examples/laptop-to-cluster";

describe("the commands that a page shows, one after the other, print what it shows", () => {
  const elsewhere = [...withContainers, ...withPods, ...withDeployments];
  const anywhere = atATerminal.filter((page) => !elsewhere.includes(page));
  test.each(anywhere)("%s", (page) => printWhatIsShown(page), 120_000);

  test("are found", () => {
    expect(atATerminal).toEqual(
      expect.arrayContaining([
        "README.md",
        "docs/getting-started.md",
        ...withContainers,
        ...withPods,
        ...withDeployments,
      ]),
    );
  });

  test("start the example's gateway with `npm start`", () => {
    const script = (path: string) =>
      (JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as { scripts: { start: string } }).scripts
        .start;
    expect(script("package.json")).toMatch(/run --filter @omg\/gateway start$/);
    const shown = quickStart.replace(/^omg /, "node src/bin/omg.mjs ").replace("examples", "../../examples");
    expect(script("apps/gateway/package.json")).toBe(shown);
  });
});

describeWithEngine("the commands of a page that run containers print what it shows", () => {
  test.each(withContainers)("%s", (page) => printWhatIsShown(page), 120_000);
});

describeWithCluster("the commands of a page that run pods print what it shows", (cluster) => {
  const namespace = testNamespace(cluster);
  const folder = mkdtempSync(join(tmpdir(), "omg-test-"));
  const kubeconfig = join(folder, "kubeconfig");
  const reader: TerminalOptions = {
    env: { KUBECONFIG: kubeconfig },
    standIns: {
      "default namespace": `${namespace} namespace`,
      // The image of the tests has its program elsewhere, and needs no name for it.
      "command: [node, dist/index.js, streamableHttp]": "args: [streamableHttp]",
    },
  };
  beforeAll(() => writeKubeconfig(kubeconfig, cluster.kubeconfig, namespace));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(withPods)("%s", (page) => printWhatIsShown(page, reader), 240_000);

  describeWithEngine("and containers", () => {
    const page = `${laptopToCluster}/README.md`;
    test(page, () => printWhatIsShown(page, { ...reader, copied: laptopToCluster }), 240_000);
  });
});

async function printWhatIsShown(page: string, options: TerminalOptions = {}): Promise<void> {
  await using terminal = await Terminal.open(options);
  // Another cluster than that of test/engines has brought the command with it.
  if (existsSync(kubernetes)) await terminal.run(`kubectl() { ${kubernetes} kubectl "$@"; }`);
  await followPage(terminal, blocksOf(page));
}

describe("the reading of pages", () => {
  const [block] = blocksIn("a.md", "# One\n\n```console\n$ a \\\n    b\nprinted\n\n$ c\n```\n") as [Block];

  test("knows commands of several lines, what they print, and where they stand", () => {
    expect(block).toMatchObject({ heading: "One", line: 3, language: "console" });
    expect(stepsOf(block)).toEqual([
      { command: "a \\\n    b", shown: "printed\n\n", line: 4 },
      { command: "c", shown: "", line: 8 },
    ]);
  });

  test("takes outputs for the same that differ in times, ids and the layout of JSON alone", () => {
    const time = "2026-11-23T03:35:48.072Z";
    expect(isSameOutput("read at 2001-01-01T00:00:00.000Z\n", `read at ${time}`)).toBe(true);
    expect(isSameOutput('{\n  "a": [1, 2]\n}\nHTTP 200\n', '{"a":[1,2]}\nHTTP 200')).toBe(true);
    expect(isSameOutput("a\n…\nd\n", "a\nb\nc\nd\n")).toBe(true);
    expect(isSameOutput("a\n…\nd\n", "a\nb\nc\n")).toBe(false);
    expect(isSameOutput('{"a": 1}', '{"a":2}')).toBe(false);
    expect(isSameOutput("", "an error")).toBe(false);
  });
});
