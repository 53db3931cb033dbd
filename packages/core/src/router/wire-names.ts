import { createHash } from "node:crypto";

/** Many hosts hand names to models that accept `[A-Za-z0-9_-]{1,64}` only. */
const maxLength = 64;
const maxSlugLength = 32;
const separator = "__";
const hashLength = 6;

/**
 * The part of a wire name that stands for a server. Slugs are distinct, hold no `__` and do not end in `_`, so the
 * first `__` of a wire name always ends the slug: names of two servers can not meet.
 */
export function serverSlugs(ids: readonly string[]): Map<string, string> {
  return distinctNames(ids, "", maxSlugLength, plainSlug);
}

/** The names under which the aggregate offers a server's tools or prompts, by their own names: `slug__name`. */
export function wireNames(slug: string, names: readonly string[]): Map<string, string> {
  const room = maxLength - slug.length - separator.length;
  const wire = distinctNames(names, slug, room, plainName);
  return new Map([...wire].map(([name, plain]) => [name, slug + separator + plain]));
}

/** Whether a wire name is more than its server's own in plain letters: it had to be told from another, or cut. */
export function isMadeUp(name: string, wireName: string): boolean {
  return wireName !== slugOf(wireName) + separator + plainName(name);
}

/** Whether the slug of a server is more than its id in plain letters. */
export function isMadeUpSlug(id: string, slug: string): boolean {
  return slug !== plainSlug(id);
}

/** The slug of a wire name. */
export function slugOf(wireName: string): string {
  const at = wireName.indexOf(separator);
  return at < 0 ? "" : wireName.slice(0, at);
}

/** The id under which the aggregate knows a server's task. */
export function wireTaskId(slug: string, id: string): string {
  return slug + separator + id;
}

/** The server's own id of a task. */
export function ownTaskId(wireId: string): string {
  return wireId.slice(slugOf(wireId).length + separator.length);
}

function plainSlug(id: string): string {
  return id.replace(/[^A-Za-z0-9-]+/g, "_").replace(/^_+|_+$/g, "");
}

function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}

/**
 * Plain names, distinct and within `room`. A name that is plain already keeps its form; one that had to be changed and
 * then meets another, is empty or too long gets a hash of itself. Depends on the names alone, not on their order.
 */
function distinctNames(
  names: readonly string[],
  salt: string,
  room: number,
  plainOf: (name: string) => string,
): Map<string, string> {
  const candidates = new Map<string, string[]>();
  for (const name of new Set(names)) {
    const plain = plainOf(name);
    const claimants = candidates.get(plain);
    if (claimants) claimants.push(name);
    else candidates.set(plain, [name]);
  }
  const result = new Map<string, string>();
  const taken = new Set<string>();
  const open: string[] = [];
  for (const [plain, claimants] of candidates) {
    const fits = plain !== "" && plain.length <= room;
    const exact = fits ? claimants.find((name) => name === plain || claimants.length === 1) : undefined;
    if (exact !== undefined) {
      result.set(exact, plain);
      taken.add(plain);
    }
    open.push(...claimants.filter((name) => name !== exact));
  }
  for (const name of open.sort()) {
    for (let attempt = 0; ; attempt++) {
      const digest = createHash("sha256").update(`${salt}\0${name}\0${attempt}`).digest("hex");
      const stem = plainOf(name)
        .slice(0, room - hashLength - 1)
        .replace(/_+$/, "");
      const hashed = `${stem}_${digest.slice(0, hashLength)}`.replace(/^_+/, "x");
      if (taken.has(hashed)) continue;
      result.set(name, hashed);
      taken.add(hashed);
      break;
    }
  }
  return result;
}
