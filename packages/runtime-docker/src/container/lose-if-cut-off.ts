import { within } from "@omg/core/runtime";
import type { Container } from "./container.ts";

/** An engine tells that a container has ended this long, at most, after its output did. */
const lateNewsMs = 1_000;

/** A container from which one hears no more is of no use, even if it runs on. */
export function loseIfCutOff({ cutOff, ended, giveUp }: Container, isStopping: () => boolean): void {
  void cutOff.then(async () => {
    if ((await within(lateNewsMs, ended)) || isStopping()) return;
    giveUp("the engine broke off the connection with it");
  });
}
