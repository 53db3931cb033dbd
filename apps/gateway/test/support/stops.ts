import { untilStopped } from "../../src/until-stopped.ts";

/**
 * A process that has a call in flight which takes as many milliseconds as the first argument says (`never`: no end),
 * and a fault of its own, or the end of its client if the second argument is `ended`. Prints what happens to it.
 */
const [callMs, why] = process.argv.slice(2);
const say = (what: string) => void process.stdout.write(`${what}\n`);
const ended = Promise.withResolvers<void>();
const idle = setInterval(() => {}, 1000);
setImmediate(() => {
  if (why === "ended") return ended.resolve();
  throw new Error("a fault");
});
await untilStopped(
  {
    drain: () =>
      new Promise((resolve) => {
        say("drain");
        const answered = () => {
          say("answered");
          resolve();
        };
        if (callMs !== "never") setTimeout(answered, Number(callMs));
      }),
    async stop() {
      say("stop");
      clearInterval(idle);
    },
  },
  (_level, message) => say(message),
  ended.promise,
);
