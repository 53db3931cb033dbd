import type { Scene } from "./scene.ts";

/** Resolves once a scripted server has received so many calls of tools, those that ask for it not counted. */
export async function untilReceived(scene: Scene, server: string, calls: number): Promise<void> {
  for (let asked = 1; ; asked++) {
    const received = JSON.parse(await scene.gateway.call(server, "received")) as string[];
    if (received.filter((method) => method === "tools/call").length - asked >= calls) return;
  }
}
