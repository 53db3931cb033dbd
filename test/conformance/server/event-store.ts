import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** Remembers all that one session's streams carried, so that a client can go on where a stream broke off. */
export function createEventStore(): EventStore {
  const events: { readonly streamId: string; readonly message: JSONRPCMessage }[] = [];
  // An event's id is its place, counted from 1: as an index, it is that of the event after it.
  const streamOf = (eventId: string) => events[Number(eventId) - 1]?.streamId;
  return {
    async storeEvent(streamId, message) {
      return String(events.push({ streamId, message }));
    },
    async getStreamIdForEventId(eventId) {
      return streamOf(eventId);
    },
    async replayEventsAfter(lastEventId, { send }) {
      const streamId = streamOf(lastEventId);
      if (streamId === undefined) throw new Error(`There was no event ${lastEventId}`);
      for (const [index, event] of [...events.entries()].slice(Number(lastEventId))) {
        if (event.streamId === streamId) await send(String(index + 1), event.message);
      }
      return streamId;
    },
  };
}
