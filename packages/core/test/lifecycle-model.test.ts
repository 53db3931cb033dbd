import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerState } from "../src/gateway/types.ts";
import { idleMs, LifecycleModel, type ModelCall, type ModelSlot } from "./support/lifecycle-model.ts";
import { type LifecycleWorld, lifecycleWorld } from "./support/lifecycle-world.ts";

beforeEach(() => {
  // No part of a backoff is left to chance.
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Command = fc.AsyncCommand<LifecycleModel, LifecycleWorld>;
type Act<Rest extends unknown[] = []> = (
  model: LifecycleModel,
  world: LifecycleWorld,
  ...rest: Rest
) => unknown;

/** Something that is done to model and world alike; afterwards both must be the same. */
function command(name: string, isPossible: (model: LifecycleModel) => boolean, act: Act): Command {
  return {
    check: isPossible,
    async run(model, world) {
      await act(model, world);
      await world.settled();
      expect(world.facts()).toEqual(model.facts());
    },
    toString: () => name,
  };
}

/** The same, to one of all things of a kind that there are. */
function onOne<T>(
  name: string,
  all: (model: LifecycleModel) => readonly T[],
  act: Act<[T]>,
): fc.Arbitrary<Command> {
  return fc.nat(99).map((number) =>
    command(
      `${name} (${number})`,
      (model) => all(model).length > 0,
      (model, world) => {
        const items = all(model);
        return act(model, world, items[number % items.length] as T);
      },
    ),
  );
}

const slotsIn =
  (...states: ServerState[]) =>
  ({ slots }: LifecycleModel) =>
    slots.filter(({ state }) => states.includes(state));

const callsIn =
  (...places: ("inFlight" | "waiting")[]) =>
  ({ slots }: LifecycleModel) =>
    slots.flatMap((slot) =>
      places.flatMap((place) =>
        slot[place].flatMap((call) => (call.byHand ? [] : [[slot, call] as [ModelSlot, ModelCall]])),
      ),
    );

const always = () => true;
/** More would wait for each other's starts. */
const mostRetired = 6;

const call: Act = (model, world) => {
  world.call(model.call(`call ${model.calls.length}`).value);
};

const usual: fc.Arbitrary<Command>[] = [
  fc.constant(command("call", always, call)),
  onOne("answer", callsIn("inFlight"), (model, world, [slot, open]) => {
    world.answer(open.value);
    model.answer(slot, open);
  }),
  onOne("a start succeeds", slotsIn("starting"), (model, world, slot) => {
    world.succeed(slot.start);
    model.startSucceeds(slot);
  }),
];
const unusual: fc.Arbitrary<Command>[] = [
  fc.integer({ min: 2, max: 20 }).map((count) =>
    command(`${count} calls`, always, (model, world) => {
      for (let index = 0; index < count; index++) call(model, world);
    }),
  ),
  onOne("cancel", callsIn("inFlight", "waiting"), (model, world, [slot, open]) => {
    world.cancel(open.value);
    model.cancel(slot, open);
  }),
  onOne("a start fails", slotsIn("starting"), (model, world, slot) => {
    world.fail(slot.start);
    model.startFails(slot);
  }),
  onOne("a crash", slotsIn("ready", "draining"), (model, world, slot) => {
    world.crash(slot.start);
    model.crash(slot);
  }),
  fc.constantFrom(1, 999, 1000, 5000, idleMs - 1, idleMs, idleMs + 1, 30_000, 61_000).map((ms) =>
    command(`advance ${ms} ms`, always, async (model, world) => {
      model.advance(ms);
      await world.advance(ms);
    }),
  ),
  fc.constant(
    command(
      "what stops is gone",
      (model) => slotsIn("stopping")(model).length > 0,
      (model, world) => {
        world.disposed();
        model.disposed();
      },
    ),
  ),
  fc.constant(
    command("stop", always, (model, world) => {
      world.stop();
      model.stop();
    }),
  ),
  fc.constant(
    command(
      "start",
      ({ isDraining }) => !isDraining,
      (model, world) => {
        world.start();
        model.startNow();
      },
    ),
  ),
  fc.constant(
    command(
      "reload",
      ({ isDraining, slots }) => !isDraining && slots.length <= mostRetired,
      async (model, world) => {
        await world.reload();
        model.reload();
      },
    ),
  ),
];
/** Comes late, if at all: hardly anything happens after it. */
const drain = fc.constant(
  command(
    "drain",
    ({ isDraining, calls }) => !isDraining && calls.length > 10,
    (model, world) => {
      world.drain();
      model.isDraining = true;
    },
  ),
);

test("a server lives as the model says, whatever happens to it", { timeout: 60_000 }, async () => {
  const run = fc.asyncProperty(
    fc.commands([...usual, ...usual, ...usual, ...unusual, drain], { maxCommands: 80, size: "+1" }),
    async (chosen) => {
      const model = new LifecycleModel();
      const world = await lifecycleWorld();
      await fc.asyncModelRun(() => ({ model, real: world }), chosen);
      await world.end();
      // Every instance has ended, and nothing is waited for.
      expect({ running: world.runtime.running, timers: world.clock.armed }).toEqual({
        running: 0,
        timers: 0,
      });
      // No call has run twice, and none that was said not to have run.
      expect(world.executed).toHaveLength(new Set(world.executed).size);
      expect(world.executed.filter((value) => world.unexecuted.has(value))).toEqual([]);
    },
  );
  await fc.assert(run, { numRuns: 300 });
});
