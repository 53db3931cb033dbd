import { describe, expect, test } from "vitest";
import { type Pod, stateOf, troubleIn } from "../src/pods.ts";

type Status = NonNullable<Pod["status"]>;

const state = (status: Status, metadata: Partial<Pod["metadata"]> = {}) =>
  stateOf({ metadata: { name: "pod", ...metadata }, status }, "server");

const of = (state: object, name = "server") => ({ name, state });
const terminated = (exitCode: number, reason?: string, message?: string): Status => ({
  phase: "Failed",
  containerStatuses: [of({ terminated: { exitCode, reason, message } })],
});
const waiting = (reason: string, message?: string): Status => ({
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "True" }],
  containerStatuses: [of({ waiting: { reason, message } })],
});
const running: Status = { phase: "Running", containerStatuses: [of({ running: {} })] };

describe("a pod", () => {
  test.each<[string, Status, string]>([
    ["of which nothing is known yet", {}, "waiting for a node"],
    ["that has a node", { conditions: [{ type: "PodScheduled", status: "True" }] }, "being set up"],
    ["whose image is fetched", waiting("ContainerCreating"), "fetching the image and setting up"],
    ["whose init containers run", waiting("PodInitializing"), "PodInitializing"],
  ])("%s is coming", (_, status, why) => {
    expect(state(status)).toEqual({ is: "coming", why });
  });

  test.each<[string, string | undefined, string, string]>([
    ["ErrImagePull", "not found", "image_pull_failed", "ErrImagePull: not found. Correct the image"],
    ["ImagePullBackOff", `Back-off pulling image "x"`, "image_pull_failed", `ImagePullBackOff: Back-off`],
    ["ErrImageNeverPull", undefined, "image_pull_failed", "ErrImageNeverPull. No node has the image"],
    ["InvalidImageName", "bad", "image_pull_failed", "InvalidImageName: bad. Correct the image's name."],
    ["CreateContainerConfigError", `secret "a" not found`, "config", `secret "a" not found. A config map or`],
    ["CreateContainerError", "no space", "container", "CreateContainerError: no space. Correct"],
    ["RunContainerError", "no such file", "container", "RunContainerError: no such file. Correct"],
    ["CrashLoopBackOff", undefined, "crash_loop", "CrashLoopBackOff. It ends again and again"],
  ])("that waits because of %s is stuck", (reason, message, detail, why) => {
    expect(state(waiting(reason, message))).toEqual({
      is: "stuck",
      detail,
      why: expect.stringContaining(why),
    });
    const ofInit = {
      ...waiting("PodInitializing"),
      initContainerStatuses: waiting(reason).containerStatuses ?? [],
    };
    expect(state(ofInit)).toMatchObject({ is: "stuck", detail });
  });

  test("that no node takes is in trouble, unless one may yet come", () => {
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "0/3 nodes",
    };
    const unplaced = state({ phase: "Pending", conditions: [condition] });
    expect(unplaced).toEqual({ is: "unplaced", why: "no node takes it: 0/3 nodes" });
    expect(troubleIn(unplaced, false)).toMatchObject({
      detail: "unschedulable",
      message: "no node takes it: 0/3 nodes Where nodes are added on demand, set wait_for_node.",
    });
    expect(troubleIn(unplaced, true)).toBeUndefined();
    expect(troubleIn({ is: "running" }, false)).toBeUndefined();
  });

  test("runs when its server does, whatever its other containers do, and also while it is being deleted", () => {
    expect(state(running)).toEqual({ is: "running" });
    expect(state(running, { deletionTimestamp: "2026-01-01T00:00:00Z" })).toEqual({ is: "running" });
    const crashing = of({ waiting: { reason: "CrashLoopBackOff" } }, "sidecar");
    expect(state({ ...running, containerStatuses: [crashing, of({ running: {} })] })).toEqual({
      is: "running",
    });
  });

  test.each<[string, Status, string]>([
    ["by itself", { ...terminated(0, "Completed"), phase: "Succeeded" }, "exit code 0"],
    ["with an error", terminated(3, "Error"), "exit code 3"],
    [
      "with words",
      terminated(128, "StartError", "no such file\n"),
      "exit code 128 (StartError): no such file",
    ],
    ["out of memory", terminated(137, "OOMKilled"), "out of memory (OOMKilled)"],
    ["by force", terminated(137, "Error"), "exit code 137 (killed, as for want of memory)"],
    [
      "evicted",
      {
        ...terminated(137, "Error"),
        reason: "Evicted",
        message: "The node was low on resource: ephemeral-storage. ",
      },
      "Evicted: The node was low on resource: ephemeral-storage.",
    ],
    [
      "at its deadline",
      {
        phase: "Failed",
        reason: "DeadlineExceeded",
        message: "Pod was active on the node longer than the specified deadline",
      },
      "DeadlineExceeded: Pod was active on the node longer than the specified deadline",
    ],
    [
      "on a node that shuts down",
      { phase: "Failed", reason: "Terminated", message: "Node is shutting down" },
      "Terminated: Node is shutting down",
    ],
    [
      "with its node",
      { ...running, reason: "NodeLost", message: "Node n which was running pod p is unresponsive" },
      "NodeLost: Node n which was running pod p is unresponsive",
    ],
    ["nobody knows how", { ...running, phase: "Unknown" }, "its pod failed"],
    ["before it began", { phase: "Failed" }, "its pod failed"],
    [
      "since an init container failed",
      { phase: "Failed", initContainerStatuses: [of({ terminated: { exitCode: 2 } }, "first")] },
      "its container first: exit code 2",
    ],
    [
      "while other containers run on",
      {
        phase: "Running",
        containerStatuses: [of({ terminated: { exitCode: 1 } }), of({ running: {} }, "sidecar")],
      },
      "exit code 1",
    ],
  ])("that ended %s has ended", (_, status, detail) => {
    expect(state(status)).toEqual({ is: "ended", detail });
  });

  test("that is deleted before it runs has ended", () => {
    const at = { deletionTimestamp: "2026-01-01T00:00:00Z" };
    expect(state(waiting("ErrImagePull"), at)).toEqual({ is: "ended", detail: "its pod is being deleted" });
  });
});
