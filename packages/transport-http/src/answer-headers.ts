import type { OutgoingHttpHeaders } from "node:http";

/** What every answer says: it is for this caller alone, and nothing but what its type says, whatever a browser makes of it. */
export const answerHeaders = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const satisfies OutgoingHttpHeaders;

/** The same for an answer without a body. */
export const emptyAnswerHeaders = {
  ...answerHeaders,
  "content-length": 0,
} as const satisfies OutgoingHttpHeaders;
