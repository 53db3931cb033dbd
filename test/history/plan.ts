import { seededRandom } from "../../packages/core/test/support/seeded-random.ts";
import { clientSeats, type ServerId, serverIds, servers } from "./cast.ts";

/** One thing that somebody does. `server` of a request is whom it is for. */
export type Operation =
  | { readonly kind: "call" | "slow" | "progress"; readonly client: number; readonly server: ServerId }
  | { readonly kind: "list"; readonly client: number }
  /** The client withdraws the latest of its requests that are open, if any is. */
  | { readonly kind: "cancel"; readonly client: number }
  /** The client ends its conversation in good order, or its connections are cut; another one takes its seat. */
  | { readonly kind: "leave"; readonly client: number; readonly cut: boolean }
  /** One of the server's processes is killed, by `pick` of those that run. */
  | { readonly kind: "kill"; readonly server: ServerId; readonly pick: number }
  /** The catalog has these servers from now on, in these versions. */
  | { readonly kind: "reload"; readonly versions: Versions }
  | { readonly kind: "start" | "stop"; readonly server: ServerId }
  /** Nobody calls the server for a while, long enough for it to become idle. */
  | { readonly kind: "rest"; readonly server: ServerId };

export type OperationKind = Operation["kind"];

/** The servers of a catalog, and which edition of its entry each has. */
export type Versions = Readonly<Partial<Record<ServerId, number>>>;

/** How often each kind comes, in relation to the others. */
const weights: Readonly<Record<OperationKind, number>> = {
  call: 594,
  slow: 110,
  progress: 80,
  list: 60,
  cancel: 140,
  leave: 5,
  kill: 2,
  reload: 1,
  start: 2,
  stop: 2,
  rest: 4,
};
export const operationKinds = Object.keys(weights) as OperationKind[];

/** Operations for which a server rests. */
const restLength = 600;
/** Of the calls of clients without a session, how many may start an instance for themselves alone. */
const ownInstanceShare = 0.01;

export const firstVersions: Versions = { plain: 1, modern: 1, own: 1, guest: 1 };

/** Operations without end, the same for the same seed: nothing of what happens has a say in them. */
export function* plan(seed: number): Generator<Operation> {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const restsUntil = new Map<ServerId, number>();
  let versions = firstVersions;
  let edition = 1;

  for (let index = 0; ; index++) {
    const kind = pickKind(random());
    const isAwake = (id: ServerId) => (restsUntil.get(id) ?? 0) <= index;
    const free = clientSeats.filter(({ server }) => server === undefined || isAwake(server));
    const seat = pick(free);
    const client = clientSeats.indexOf(seat);
    switch (kind) {
      case "call":
      case "slow":
      case "progress": {
        const awake = serverIds.filter((id) => isAwake(id) && (id !== "own" || mayHaveOwn()));
        yield { kind, client, server: seat.server ?? pick(awake) };
        break;
      }
      case "list":
      case "cancel":
        yield { kind, client };
        break;
      case "leave":
        yield { kind, client, cut: chance(0.5) };
        break;
      case "kill":
        yield { kind, server: pick(serverIds), pick: random() };
        break;
      case "reload":
        versions = nextVersions();
        yield { kind, versions };
        break;
      case "start":
      case "stop":
        yield { kind, server: pick(serverIds) };
        break;
      case "rest": {
        const server = pick(serverIds);
        // One at a time, so that there is always somebody to call.
        const isFree = serverIds.every(isAwake);
        if (isFree) restsUntil.set(server, index + restLength);
        yield { kind, server };
      }
    }

    function mayHaveOwn(): boolean {
      return seat.front !== "modern" || chance(ownInstanceShare);
    }
  }

  /** One server or two change; one that may go goes, or comes back. */
  function nextVersions(): Versions {
    const next: Partial<Record<ServerId, number>> = { ...versions };
    edition++;
    const changed = pick(serverIds);
    if (next[changed] !== undefined) next[changed] = edition;
    for (const id of serverIds) {
      if (!servers[id].mayGo) continue;
      if (next[id] === undefined) next[id] = edition;
      else if (chance(0.3)) delete next[id];
    }
    return next;
  }
}

const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);

function pickKind(random: number): OperationKind {
  let left = random * total;
  for (const kind of operationKinds) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  return "call";
}

/** An operation in words, for people. */
export function wordsOf(operation: Operation): string {
  const { kind, ...more } = operation;
  return [kind, ...Object.entries(more).map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}
