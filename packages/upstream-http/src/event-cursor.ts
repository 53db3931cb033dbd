const shortestPauseMs = 1000;
const longestPauseMs = 30_000;
const maxIdBytes = 1024;

/** How far a stream of events has come, and how long to wait before its server is asked for the rest. */
export class EventCursor {
  /** As the header `Last-Event-ID` says it. */
  lastEventId: string | undefined;
  /** Milliseconds that the server wants to be left alone, as it says. */
  retryMs: number | undefined;

  /** An event had this id. One that no header can hold is as good as none. */
  passed(id: string): void {
    const bytes = Buffer.from(id);
    const fits = bytes.length <= maxIdBytes && bytes.every((byte) => byte >= 0x20 && byte !== 0x7f);
    if (fits) this.lastEventId = id === "" ? undefined : bytes.toString("latin1");
  }

  /** The server wants to be left alone for so long. */
  retryAfter(ms: number): void {
    this.retryMs = ms;
  }

  /** Milliseconds until the next attempt after so many in vain. */
  pauseMs(failures: number): number {
    return Math.min(Math.max(this.retryMs ?? 0, shortestPauseMs) * 2 ** failures, longestPauseMs);
  }
}
