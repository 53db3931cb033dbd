/** One event of a stream. */
export interface StreamEvent {
  readonly name: string;
  readonly data: Buffer;
}

const NEWLINE = 10;
const DATA = "data: ";

/** Puts the events of a stream together; their lines end with a newline, and each has one line of data. */
export class EventReader {
  #pieces: Buffer[] = [];

  /** Takes what came; gives the events that it completes. Comments are passed over. */
  read(chunk: Buffer): StreamEvent[] {
    const events: StreamEvent[] = [];
    let start = 0;
    const take = (end: number, next: number) => {
      const event = parse(Buffer.concat([...this.#pieces, chunk.subarray(start, end)]));
      if (event !== undefined) events.push(event);
      this.#pieces = [];
      start = next;
    };
    if (this.#pieces.at(-1)?.at(-1) === NEWLINE && chunk[0] === NEWLINE) take(0, 1);
    for (let end = chunk.indexOf("\n\n"); end !== -1; end = chunk.indexOf("\n\n", start)) take(end, end + 2);
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
    return events;
  }
}

function parse(event: Buffer): StreamEvent | undefined {
  const at = event.indexOf(DATA);
  if (at === -1) return undefined;
  const start = at + DATA.length;
  const end = event.indexOf(NEWLINE, start);
  return {
    name: /^event: *(\S+)/m.exec(event.toString("latin1", 0, at))?.[1] ?? "message",
    data: event.subarray(start, end === -1 ? event.length : end),
  };
}
