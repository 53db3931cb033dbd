/** Something that is in one crowd at most. */
export interface Member {
  /** Its place in the crowd; -1: it is in none. The crowd sets it. */
  place: number;
}

/** Many things that come and go, in no order. Not a `Set`, for the reason that `RequestTable` is no `Map`. */
export class Crowd<M extends Member> {
  readonly #members: M[] = [];

  /** How many are in it. */
  get size(): number {
    return this.#members.length;
  }

  /** Lets something in, if it is not in already. */
  join(member: M): void {
    if (member.place !== -1) return;
    member.place = this.#members.push(member) - 1;
  }

  /** Lets something out, if it is in. */
  leave(member: M): void {
    const { place } = member;
    if (place === -1) return;
    member.place = -1;
    const last = this.#members.pop() as M;
    if (last === member) return;
    this.#members[place] = last;
    last.place = place;
  }

  /** Whether something is in it. */
  has(member: M): boolean {
    return member.place !== -1;
  }

  /** All that are in it now. */
  all(): M[] {
    return [...this.#members];
  }

  /** Lets all of them out. */
  clear(): void {
    for (const member of this.#members) member.place = -1;
    this.#members.length = 0;
  }
}
