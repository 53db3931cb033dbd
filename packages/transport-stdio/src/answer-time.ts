/** Milliseconds that a client's requests may still take after it has closed its input. */
export const answerTimeMs = 25_000;
