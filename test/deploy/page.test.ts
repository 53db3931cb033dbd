import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { docker } from "../../packages/runtime-docker/test/support/docker-command.ts";
import { describeWithEngine } from "../../packages/runtime-docker/test/support/engine.ts";
import { describeWithCluster, testNamespace } from "../../packages/runtime-k8s/test/support/cluster.ts";
import { buildGatewayImage, gatewayImage } from "../support/deploy/gateway-image.ts";
import { kubectls } from "../support/deploy/kubectl.ts";
import { blocksOf } from "../support/docs/blocks.ts";
import { followPage } from "../support/docs/follow-page.ts";
import { Terminal } from "../support/docs/terminal.ts";
import { repositoryRoot } from "../support/workspace.ts";

const page = "docs/deploy.md";
const shownImage = "registry.example.com/open-mcp-gateway:1";

describeWithEngine("the commands of the page on deployment print what it shows", (engine) => {
  describeWithCluster("(with a cluster)", (cluster) => {
    const mcp = testNamespace(cluster);
    const tools = testNamespace(cluster);
    const container = `omg-test-${randomUUID().slice(0, 8)}`;
    /** What the page says, and what stands for it here. */
    const standIns = {
      [`npm run image -- --tag ${shownImage}`]: `printf '…\\nbuilt ${shownImage}\\n'`,
      [shownImage]: gatewayImage,
      "my-gateway": container,
      // The terminal has another port outside, but not in the container.
      "127.0.0.1:4444:4444": "127.0.0.1:4444:$((4444))",
      " 4444:80": " $port:80",
      "--namespace mcp": `--namespace ${mcp}`,
      "mcp:open-mcp-gateway": `${mcp}:open-mcp-gateway`,
      "--namespace tools": `--namespace ${tools}`,
    };

    beforeAll(() => buildGatewayImage(), 300_000);
    afterAll(async () => {
      await docker(engine, "rm", "--force", container);
      await docker(engine, "volume", "rm", "--force", `${container}-state`);
    }, 60_000);

    test(page, async () => {
      await using terminal = await Terminal.open({ env: { KUBECONFIG: cluster.kubeconfig }, standIns });
      await prepare(terminal);
      await followPage(terminal, blocksOf(page));
    }, 300_000);

    /** The reader's clone, a kubectl that leads to the cluster, and the page's port as this terminal has it. */
    async function prepare(terminal: Terminal): Promise<void> {
      const example = "deploy/kubernetes/overlays/example";
      for (const step of [
        // The container's user reads it.
        "chmod 755 .",
        `cp -R '${join(repositoryRoot, "deploy")}' .`,
        // What this cluster lacks, and an old kubectl does not know, is left out of another folder.
        `sed -i 's#resources:#bases:#; s#../mcp#../test#; s#namespace: mcp#namespace: ${mcp}#' ${example}/kustomization.yaml`,
        `sed -i '/^images:/,/newTag:/d' ${example}/kustomization.yaml`,
        // The terminal knows the second as what the tests have of it.
        `sed -i 's#mcp[/]everything#mcp/everything#' ${example}/catalog.yaml`,
        `kubectl() { ${kubectls[0]?.join(" ")} "$@"; }`,
        "port=:4444; port=${port#:}",
      ])
        await terminal.run(step);
    }
  });
});
